"""`initsync policy`: what the pods' ServiceAccounts must be allowed, for AWS and for Kubernetes."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from initsync.cli import policy_options
from initsync.cli.cluster import Asked, ending, opened, options
from initsync.cli.progress import Progress
from initsync.cli.terminal import json_text, say
from initsync.kube.api import PODS
from initsync.manifests import dump, files
from initsync.permissions import cloudroles, grants, iam, requested, terraform
from initsync.permissions.cloudroles import CloudRole, Trust
from initsync.permissions.grants import Grant
from initsync.permissions.iam import AwsScope
from initsync.permissions.requested import RequestedSecret
from initsync.providers.aws import endpoints
from initsync.words.errors import AnnotationError, InvalidSetup
from initsync.words.model import JsonObject

_EXIT_CODES = """\b
Exit codes:
  0  everything is printed
  1  a bug in JASM
  2  wrong use, a file that cannot be read, or no usable kubeconfig
  3  an annotation is invalid: of FILE nothing is printed, of pods that are
     there what the others need
  5  the Kubernetes API cannot be reached, or refuses
"""
_OUTPUTS = ("yaml", "json", "kubernetes", "helm", "terraform")
_NAMESPACE = "Of objects that have none; without FILE: read the pods that are there."


@click.command(epilog=_EXIT_CODES)
@click.argument("paths", metavar="[FILE...]", nargs=-1)
@click.option(
    "--account",
    callback=policy_options.account,
    help="The AWS account of the pods' roles; needed for them.",
)
@click.option(
    "--region", callback=policy_options.region, help="Of secrets that are named without an ARN."
)
@click.option(
    "--kms-key",
    "kms_keys",
    multiple=True,
    callback=policy_options.kms_keys,
    metavar="[PATH=]ARN",
    help="The customer-managed key of the secret at PATH, or of every other of its region.",
)
@click.option(
    "--trust",
    type=click.Choice(cloudroles.TRUSTS),
    help="How pods become their role; default: irsa with --oidc-issuer, else pod-identity.",
)
@click.option(
    "--oidc-issuer", callback=policy_options.issuer, metavar="URL", help="Of the cluster, for IRSA."
)
@click.option("--cluster", default="", help="The EKS cluster's name, for Pod Identity.")
@click.option(
    "--audience",
    default=iam.AUDIENCE,
    callback=policy_options.audience,
    help=f"Of the ServiceAccounts' tokens, for IRSA; default: {iam.AUDIENCE}.",
)
@click.option(
    "--prefix",
    default="jasm",
    callback=policy_options.prefix,
    help="What names in IAM begin with; default: jasm.",
)
@click.option(
    "--role-prefix",
    default=grants.ROLES,
    callback=policy_options.role_prefix,
    help=f"What names of Roles in Kubernetes begin with; default: {grants.ROLES}.",
)
@click.option(
    "--env",
    multiple=True,
    callback=policy_options.environment,
    metavar="NAME=VALUE",
    help="What the platform gives the pods (injection.env), for stores that need to be known.",
)
@options(_NAMESPACE, 300, _OUTPUTS)
def policy(
    paths: tuple[str, ...],
    account: str,
    region: str,
    kms_keys: dict[str, str],
    trust: str | None,
    oidc_issuer: str,
    cluster: str,
    audience: str,
    prefix: str,
    role_prefix: str,
    env: dict[str, str],
    **asked: Any,
) -> None:
    """Print what the ServiceAccounts of annotated pods must be allowed, and no more.

    FILE is as for `initsync check`; without any, the pods of the namespace -n are read.
    Per ServiceAccount: the role's permissions and trust policy, the Kubernetes Role and
    RoleBinding. -o kubernetes is for kubectl apply, -o helm for the chart's values.
    """
    chosen = Asked(**asked)
    _refuse(paths, chosen)
    trusted = _trust(trust, oidc_issuer, cluster, audience)
    with ending(chosen):
        read = _of_files(paths, chosen) if paths else _of_pods(chosen)
        found = grants.grants(read.secrets, role_prefix)
        if not found and not read.waiting:
            say("warning: no pod asks for a secret", err=True)
        if chosen.output in _KUBERNETES:
            click.echo(dump.dump(_KUBERNETES[chosen.output](found)), nl=False)
        else:
            place = _place(found, account, region, kms_keys)
            roles = [cloudroles.cloud_role(it, place, trusted, prefix, env) for it in found]
            _print_cloud(roles, place, trusted, chosen)
        for grant in found:
            _warn(grants.warnings(grant, chosen.output, complete=not paths))
        _warn(read.conflicts)
        _warn(read.waiting, "note")
        _warn(f"left out: {problem}" for problem in read.problems)
        sys.exit(AnnotationError.exit_code if read.problems else 0)


def _print_cloud(roles: list[CloudRole], place: AwsScope, trust: Trust, asked: Asked) -> None:
    click.echo(_CLOUD[asked.output](roles, trust), nl=False)
    for role in roles:
        _warn(cloudroles.warnings(role, place, trust, asked.output))


def _warn(lines: Iterable[str], level: str = "warning") -> None:
    for line in lines:
        say(f"{level}: {line}", err=True)


def _refuse(paths: tuple[str, ...], asked: Asked) -> None:
    """Raise UsageError for what does not go together."""
    if not paths and not asked.namespace:
        raise click.UsageError("name files of manifests, or a namespace: -n NAMESPACE")
    if paths and (asked.kube_context or asked.kubeconfig):
        raise click.UsageError("--context and --kubeconfig are for a namespace without FILE")


def _trust(kind: str | None, issuer: str, cluster: str, audience: str) -> Trust:
    kind = kind or ("irsa" if issuer else "pod-identity")
    if (kind == "irsa") != bool(issuer):
        raise click.UsageError("--trust irsa and --oidc-issuer belong together")
    if cluster and kind != "pod-identity":
        raise click.UsageError("--cluster is for --trust pod-identity")
    if audience != iam.AUDIENCE and kind != "irsa":
        raise click.UsageError("--audience is for --trust irsa")
    return Trust(kind, issuer, cluster, audience)


def _of_files(paths: tuple[str, ...], asked: Asked) -> requested.Read:
    found: list[RequestedSecret] = []
    waiting: list[str] = []
    namespace = asked.namespace or ""
    with Progress(sys.stderr).step("read the manifests"):
        valid = files.all_valid(paths, namespace)
        for manifest in valid.manifests:
            try:
                found += requested.of_manifest(manifest.text, namespace, waiting.append)
            except InvalidSetup as error:
                raise InvalidSetup(manifest.file, str(error)) from None
    return requested.Read(found, [], valid.conflicts, [*dict.fromkeys(waiting)])


def _of_pods(asked: Asked) -> requested.Read:
    """Raises Refused where no pod that asks for a secret is without a problem."""
    place = opened(asked)
    with place.progress.step("list pods"):
        read = requested.of_pods(place.reads.pages(PODS, asked.namespace or ""))
    if read.problems and not read.secrets:
        raise files.Refused(read.problems, AnnotationError.exit_code)
    return read


def _place(found: list[Grant], account: str, region: str, kms_keys: dict[str, str]) -> AwsScope:
    """Raises InvalidSetup where a region is missing, or a key is nobody's, and UsageError."""
    paths = sorted({path for grant in found for path in cloudroles.paths(grant)})
    if paths and not account:
        raise click.UsageError("policies of AWS need --account; -o kubernetes and helm do not")
    if not region:
        for path in paths:
            if not endpoints.region_of(path, {}):
                raise InvalidSetup(f"{path} is a name without a region", "give it by --region")
        region = next((endpoints.region_of(path, {}) or "" for path in paths), "")
    place = AwsScope(account, region, kms_keys)
    _refuse_strangers(paths, place)
    used = {iam.key_of(path, place) for path in paths}
    for path, key in kms_keys.items():
        if key not in used or path not in ("", *paths):
            problem = f"--kms-key {path}{'=' if path else ''}{key} is no secret's"
            raise InvalidSetup(problem, "name a path as an annotation has it, or leave it out")
    return place


def _refuse_strangers(paths: list[str], place: AwsScope) -> None:
    """Raise InvalidSetup for what AWS lets nobody do."""
    for path in paths:
        partition, region = iam.home_of(path, place)
        if partition != place.partition:
            problem = f"{path} is in AWS's partition {partition}, the role in {place.partition}"
            raise InvalidSetup(problem, "no role crosses partitions: print it by itself")
        if (key := place.keys.get(path)) and iam.home(key) != (partition, region):
            problem = f"--kms-key {path}={key} is not of {region}, where the secret is"
            raise InvalidSetup(problem, "name the key there that encrypts it")


def _review(found: list[CloudRole], trust: Trust) -> JsonObject:
    return {"serviceAccounts": [cloudroles.as_object(role, trust) for role in found]}


_CLOUD = {
    "yaml": lambda found, trust: dump.dump([_review(found, trust)]),
    "json": lambda found, trust: json_text(_review(found, trust), indent=2) + "\n",
    "terraform": terraform.text,
}
_KUBERNETES: dict[str, Callable[[list[Grant]], Iterable[JsonObject]]] = {
    "kubernetes": lambda found: (one for grant in found for one in grant.objects()),
    "helm": lambda found: [grants.chart_values(found)],
}
