"""`initsync`: the command line of people and pipelines, as far as every command shares it.

Nothing else is imported here, so that a command in a pipeline starts with what it needs.
"""

import math
from typing import NoReturn

import click

from initsync import __version__
from initsync.cli.lazy import Lazy, LazyGroup
from initsync.cli.podname import pod_name

_OUTPUTS = ("text", "json")
_COMMANDS = {
    "check": Lazy("initsync.cli.check", "check", "Check the annotations in manifests."),
    "demo": Lazy("initsync.cli.demo", "demo", "Show the whole story on this machine."),
    "doctor": Lazy("initsync.cli.doctor", "doctor", "Say why a pod does not get its secret."),
    "list": Lazy(
        "initsync.cli.list", "list_", "List the Secrets that JASM keeps, and who uses them."
    ),
    "manifest": Lazy("initsync.cli.manifest", "manifest", "Print what the injector would add."),
    "policy": Lazy("initsync.cli.policy", "policy", "Print what ServiceAccounts must be allowed."),
    "schema": Lazy("initsync.cli.schema", "schema", "Print the annotation's JSON Schema."),
}
_EXIT_CODES = """\b
Exit codes:
  0  the Secret says what the provider says
  1  a bug in JASM
  2  wrong use, or something missing around the program
  3  the annotation, the fetched data or the existing Secret must change
  4  the cloud refuses: not found, no permission, no identity
  5  the cloud or the Kubernetes API cannot be reached, or refuses
"""


@click.group(
    "initsync",
    cls=LazyGroup,
    lazy=_COMMANDS,
    invoke_without_command=True,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="initsync %(version)s")
@click.option(
    "--pod",
    metavar="NAME",
    callback=pod_name,
    help="Sync the Secret that this pod's annotation asks for.",
)
@click.option("-n", "--namespace", help="The pod's namespace; default: the context's.")
@click.option("--context", "kube_context", help="The kubeconfig context; default: the current one.")
@click.option("--kubeconfig", metavar="FILE", help="Default: KUBECONFIG, else ~/.kube/config.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show key names and sizes.")
@click.option(
    "--timeout", type=click.FloatRange(0.1, 86_400), metavar="SECONDS", help="Default: 60."
)
@click.option("-v", "--verbose", is_flag=True, help="A line for each request; never a value.")
@click.option("-o", "--output", metavar="[text|json]", default="text")
@click.pass_context
def main(
    context: click.Context,
    pod: str | None,
    namespace: str | None,
    kube_context: str | None,
    kubeconfig: str | None,
    dry_run: bool,
    timeout: float | None,
    verbose: bool,
    output: str,
) -> None:
    """Keep Kubernetes Secrets in step with cloud secrets, pod by pod.

    initsync --pod NAME does by hand what jasm-init does inside the pod, with your own
    kubeconfig and your own cloud identity.
    """
    if context.invoked_subcommand:
        return
    if not pod:
        _refuse(context)
    if timeout is not None and math.isnan(timeout):
        raise click.UsageError("--timeout must be a number of seconds")
    if output not in _OUTPUTS:
        raise click.UsageError("-o is text or json with --pod")
    from initsync.cli.pod import Options, by_hand  # its imports are this way's alone

    asked = (pod, namespace, kube_context, kubeconfig, timeout, dry_run, verbose)
    by_hand(Options(*asked), as_json=output == "json")


def _refuse(context: click.Context) -> NoReturn:
    """Nobody said what to do: list what there is, or what is missing beside the options."""
    if any(value not in (None, False, "text") for value in context.params.values()):
        raise click.UsageError("name the pod: initsync --pod NAME [-n NAMESPACE]; or a command")
    click.echo(context.get_help(), err=True)
    context.exit(2)
