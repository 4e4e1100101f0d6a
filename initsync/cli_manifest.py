"""`initsync manifest`: the init container for teams that opt out of the injector.

It is the one module of initsync that imports the injector: what is written by hand must be what is
injected, so it comes from the same patch, and the pure half of the injector has that.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from initsync import __version__, annotation, checking, keys, podtemplates, providers, yamltext
from initsync.cli_cluster import Asked, ending
from initsync.errors import InvalidSetup
from initsync.model import JsonObject, PodRef
from initsync.podtemplates import PodTemplate
from initsync.policy import MODES
from initsync.progress import Progress
from initsync.terminal import say
from injector import options
from injector.byhand import by_hand
from injector.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULT = Settings(f"jasm/init:{__version__}")
_EXAMPLE = "provider: aws-secretsmanager\npath: /prod/codnod/config\nsecretName: app-credentials\n"
_EXIT_CODES = """\b
Exit codes:
  0  everything is printed
  1  a bug in JASM
  2  wrong use, or a file that cannot be read, or not be added to
  3  an annotation is invalid; nothing is printed
"""


# The options that say what the container is like, the last first.
_SETTINGS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--token-seconds",
        type=click.IntRange(600, 2**32),
        default=_DEFAULT.token_seconds,
        help=f"Life of the container's token; default: {_DEFAULT.token_seconds}.",
    ),
    click.option(
        "--container-restart-policy",
        is_flag=True,
        help="Your cluster has 1.35 or newer: the kubelet may try again in any pod.",
    ),
    click.option(
        "--env",
        multiple=True,
        callback=options.pairs,
        metavar="NAME=VALUE",
        help="For the container.",
    ),
    click.option(
        "--run-as-user",
        callback=options.user,
        type=click.IntRange(-1, 2**31 - 1),
        default=_DEFAULT.run_as_user,
        help=f"Its UID; -1 leaves it to the cluster; default: {_DEFAULT.run_as_user}.",
    ),
    click.option(
        "--pull-policy",
        type=click.Choice(["Always", "IfNotPresent", "Never"]),
        default=_DEFAULT.pull_policy,
    ),
    click.option(
        "--image",
        default=_DEFAULT.image,
        callback=options.image,
        help=f"The image, best by digest; default: {_DEFAULT.image}.",
    ),
)


def _settings(command: Command) -> Command:
    for option in _SETTINGS:
        command = option(command)
    return command


@click.command(epilog=_EXIT_CODES)
@click.argument("paths", metavar="[FILE...]", nargs=-1)
@click.option(
    "--annotation",
    "said",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Without FILE...: the annotation's text; default: an example.",
)
@click.option("--mode", type=click.Choice(MODES), help="Without FILE...: the pod's mode.")
@_settings
def manifest(
    paths: tuple[str, ...], said: Path | None, mode: str | None, run_as_user: int, **chosen: Any
) -> None:
    """Print what the injector would add, for teams that opt out of injection.

    FILE is as for `initsync check`; it is printed with the container and its volumes in every
    annotated pod or pod template, and is otherwise as it was, comments and all:
    initsync manifest deploy.yaml | kubectl apply -f -

    Without FILE: the parts of a pod to paste.
    """
    if paths and (said or mode):
        raise click.UsageError("--annotation and --mode are the manifest's own: write them into it")
    settings = Settings(run_as_user=None if run_as_user < 0 else run_as_user, **chosen)
    with ending(Asked()):
        click.echo(_files(paths, settings) if paths else _parts(said, mode, settings), nl=False)


def _files(paths: tuple[str, ...], settings: Settings) -> str:
    notes: list[str] = []

    def change(found: PodTemplate) -> list[JsonObject]:
        operations, told = _change(found, settings)
        notes.extend(told)
        return operations

    text = ""
    with Progress(sys.stderr).step("read the manifests"):
        for read in checking.all_valid(paths):
            try:
                written = podtemplates.changed(read.text, change)
            except InvalidSetup as error:
                raise InvalidSetup(read.file, str(error)) from None
            text = _joined(text, written)
    for note in notes or ["warning: no pod asks for a secret: nothing was added"]:
        say(note, err=True)
    return text


def _change(found: PodTemplate, settings: Settings) -> tuple[list[JsonObject], list[str]]:
    try:
        done = by_hand(found.pod, settings)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidSetup(found.title, "its pod has not a pod's form") from None
    if done.invalid:
        raise InvalidSetup(found.title, done.invalid)
    told = [f"warning: {found.title}: {warning}" for warning in done.warnings]
    if not done.operations:
        return [], told or [f"{found.title}: left as it is: {done.skipped}"]
    return done.operations, [*told, f"{found.title}: {keys.CONTAINER} was added"]


def _joined(first: str, second: str) -> str:
    """Two texts of YAML as one."""
    if not first:
        return second
    end = "" if first.endswith("\n") else "\n"
    return first + end + ("" if second.startswith("---") else "---\n") + second


def _parts(said: Path | None, mode: str | None, settings: Settings) -> str:
    """Those of a pod that have to do with JASM."""
    annotations = {keys.ANNOTATION: _annotation(said)} | ({keys.MODE: mode} if mode else {})
    pod: JsonObject = {"metadata": {"annotations": annotations}, "spec": {}}
    spec: JsonObject = {}
    for operation in by_hand(pod, settings).operations:
        part, _, name = operation["path"].removeprefix("/").partition("/")
        if part == "spec":
            spec[name] = operation["value"]
    whole = {"metadata": {"annotations": annotations | {keys.INJECT: "false"}}, "spec": spec}
    return yamltext.dump([whole])


def _annotation(file: Path | None) -> str:
    if file is None:
        return _EXAMPLE
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        problem = f"{file} cannot be read ({getattr(error, 'strerror', None) or error})"
        raise InvalidSetup(problem, "name a file with the annotation's text") from None
    annotation.parse(text, PodRef("", "", ""), providers.names(), providers.check_path)
    return text
