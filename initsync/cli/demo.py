"""`initsync demo`: the whole story on this machine."""

import sys
from importlib import import_module
from importlib.util import find_spec

import click

from initsync.cli.progress import Progress
from initsync.words.wording import install

_PACKAGES = (
    *("moto", "flask", "flask_cors", "jsonpatch"),
    *("httptools", "orjson", "cryptography", "prometheus_client"),
)
"""The packages of the extra `demo`, by the names under which they are imported."""


@click.command()
@click.option(
    "--cluster",
    type=click.Choice(["embedded", "real"]),
    default="embedded",
    help="real: etcd and kube-apiserver on this machine, built at first use.",
)
@click.option(
    "--keep", is_flag=True, help="Leave it all running until Ctrl-C, and print how to try it."
)
def demo(cluster: str, *, keep: bool) -> None:
    """Show the whole story on this machine: no cluster, no AWS, no root."""
    if not find_spec("initsync.demo"):
        raise click.UsageError("the demo is not in this image: in a clone of JASM run make demo")
    if missing := [name for name in _PACKAGES if not find_spec(name)]:
        told = f"the demo needs {', '.join(missing)}: {install('demo')}"
        raise click.UsageError(told)
    # moto, cryptography and more: for this command alone, and not in every image.
    story = import_module("initsync.demo.story")
    sys.exit(story.tell(cluster, Progress(sys.stderr), keep=keep))
