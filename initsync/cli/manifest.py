"""`initsync manifest`: the init container for teams that opt out of the injector.

It is the one module of initsync that imports the injector: what is written by hand must be what is
injected, so it comes from the same patch, and the pure half of the injector has that.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from initsync import providers
from initsync.annotation import request
from initsync.annotation.policy import MODES
from initsync.cli import injection_options, refresh
from initsync.cli.cluster import Asked, ending
from initsync.cli.progress import Progress
from initsync.cli.refresh import Wanted
from initsync.cli.terminal import json_text, say
from initsync.injection.byhand import Injection, by_hand
from initsync.injection.settings import InjectionSettings
from initsync.kube import kinds, podfields
from initsync.manifests import documents, dump, files, templates
from initsync.manifests.files import Manifest
from initsync.manifests.templates import PodTemplate
from initsync.words import keys
from initsync.words.errors import InvalidSetup
from initsync.words.model import JsonObject, PodRef

_EXAMPLE = "provider: aws-secretsmanager\npath: /prod/codnod/config\nsecretName: app-credentials\n"
_NONE = "warning: no pod asks for a secret: nothing was added"
_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#.*)?\r?\n)*%")  # https://yaml.org/spec/1.2.2/#68-directives
_EXIT_CODES = """\b
Exit codes:
  0  everything is printed
  1  a bug in JASM
  2  wrong use, or a file that cannot be read, or not be added to
  3  an annotation is invalid; nothing is printed
"""


@click.command(epilog=_EXIT_CODES)
@click.argument("paths", metavar="[FILE...]", nargs=-1)
@click.option(
    "--annotation",
    "said",
    metavar="FILE",
    help="Without FILE...: the annotation's text, - for standard input; default: an example.",
)
@click.option("--mode", type=click.Choice(MODES), help="Without FILE...: the pod's mode.")
@refresh.options
@injection_options.container
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def manifest(
    paths: tuple[str, ...],
    said: str | None,
    mode: str | None,
    output: str,
    schedule: str,
    once: bool,
    service_account: str,
    namespace: str | None,
    **chosen: Any,
) -> None:
    """Print what the injector would add, for teams that opt out of injection.

    FILE is as for `initsync check`; it is printed with the container and its volumes in every
    annotated pod or pod template, and is otherwise as it was, comments and all:
    initsync manifest --image IMAGE deploy.yaml | kubectl apply -f -

    Without FILE: the parts of a pod to paste. With -o json: those as JSON; with FILE what is
    added to each pod, as JSON Patch.

    With --cronjob or --job: these, in place of FILE, each with a ServiceAccount and its rights.
    They sync what the pods in FILE ask for, or what --annotation says, where no pod does.
    """
    wanted = Wanted(schedule, once, service_account, namespace or "")
    _refuse(paths, said, mode, wanted)
    settings, asked = InjectionSettings(**chosen), Asked(output=output)
    with ending(asked):
        if wanted.any:
            text = _objects(paths, said, wanted, settings, as_json=asked.as_json)
        elif not paths:
            parts = _parts(said, mode, settings)
            text = json_text(parts, indent=2) + "\n" if asked.as_json else dump.dump([parts])
        elif asked.as_json:
            text = json_text({"pods": _patches(paths, settings)}) + "\n"
        else:
            text = _files(paths, settings)
        click.echo(text, nl=False)


def _refuse(paths: tuple[str, ...], said: str | None, mode: str | None, wanted: Wanted) -> None:
    """Raise UsageError for what does not go together."""
    if paths and (said or mode):
        raise click.UsageError("--annotation and --mode are the manifest's own: write them into it")
    if wanted.any and mode:
        raise click.UsageError("--mode is for a pod that stays")
    if wanted.any and not (paths or said):
        raise click.UsageError("name files of manifests, or the annotation's text: --annotation")
    if not wanted.any and (wanted.account or wanted.namespace):
        raise click.UsageError("--service-account and --namespace are for --cronjob and --job")


def _objects(
    paths: tuple[str, ...],
    said: str | None,
    wanted: Wanted,
    settings: InjectionSettings,
    *,
    as_json: bool,
) -> str:
    """The jobs and what they need."""
    text = None if paths else _annotation(said)
    orders = refresh.of_files(paths, wanted) if text is None else refresh.of_text(text, wanted)
    found = list(refresh.objects(orders, wanted, settings))
    if as_json:
        return json_text({"apiVersion": "v1", "kind": "List", "items": found}, indent=2) + "\n"
    return dump.dump(found)


def _files(paths: tuple[str, ...], settings: InjectionSettings) -> str:
    """All of them as one text."""
    notes: list[str] = []

    def change(found: PodTemplate) -> list[JsonObject]:
        done = _change(found, settings)
        notes.extend(f"warning: {found.title}: {warning}" for warning in done.warnings)
        if done.operations:
            name = keys.WAITER if podfields.waits(found.pod) else keys.CONTAINER
            notes.append(f"{found.title}: {name} was added")
        elif not done.warnings:
            notes.append(f"{found.title}: left as it is: {done.skipped}")
        return done.operations

    text = ""
    for read in _read(paths):
        with _named(read.file), Progress(sys.stderr).step(f"write {read.file}"):
            text = _joined(text, templates.changed(read.text, change))
    for note in notes or [_NONE]:
        say(note, err=True)
    return text


def _patches(paths: tuple[str, ...], settings: InjectionSettings) -> list[JsonObject]:
    """What would be added to each pod, and why nothing."""
    pods: list[JsonObject] = []
    for read in _read(paths):
        with _named(read.file):
            for found in templates.templates(read.text):
                done = _change(found, settings)
                patch = templates.within(found, done.operations)
                told = {"patch": patch, "warnings": done.warnings, "skipped": done.skipped}
                pods.append({"file": read.file, "object": found.title, **told})
    if not pods:
        say(_NONE, err=True)
    return pods


def _read(paths: tuple[str, ...]) -> list[Manifest]:
    with Progress(sys.stderr).step("read the manifests"):
        return files.all_valid(paths).manifests


@contextmanager
def _named(file: str) -> Iterator[None]:
    """Has failures name the file."""
    try:
        yield
    except InvalidSetup as error:
        raise InvalidSetup(file, str(error)) from None


def _change(found: PodTemplate, settings: InjectionSettings) -> Injection:
    try:
        done = by_hand(kinds.owned(found.kind, found.pod), settings)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidSetup(found.title, "its pod has not a pod's form") from None
    if problem := done.invalid or done.refused:
        raise InvalidSetup(found.title, problem)
    return done


def _joined(first: str, second: str) -> str:
    """Two texts of YAML as one; behind a document only its end (`...`) lets directives begin."""
    if not first:
        return second
    end = "" if first.endswith("\n") else "\n"
    start = "...\n" if _DIRECTIVE.match(second) else "" if second.startswith("---") else "---\n"
    return first + end + start + second


def _parts(said: str | None, mode: str | None, settings: InjectionSettings) -> JsonObject:
    """The parts of a pod that JASM has to do with."""
    annotations = {keys.ANNOTATION: _annotation(said)} | ({keys.MODE: mode} if mode else {})
    pod: JsonObject = {"metadata": {"annotations": annotations}, "spec": {}}
    spec: JsonObject = {}
    for operation in by_hand(pod, settings).operations:
        part, _, name = operation["path"].removeprefix("/").partition("/")
        if part == "spec":
            spec[name] = operation["value"]
    return {"metadata": {"annotations": annotations | {keys.INJECT: "false"}}, "spec": spec}


def _annotation(file: str | None) -> str:
    if file is None:
        return _EXAMPLE
    try:
        text = documents.decode(files.content(file, "the annotation's text"))
    except (InvalidSetup, documents.NotYaml) as error:
        raise InvalidSetup(file, str(error)) from None
    request.parse(text, PodRef("", "", ""), providers)
    return text
