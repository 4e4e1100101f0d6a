"""`initsync check`: the annotations in manifests, before they are applied. No cluster, no AWS."""

import json
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import click

from initsync import check as checks
from initsync import providers, yamldocs
from initsync.errors import InvalidSetup
from initsync.terminal import printable, say
from initsync.wording import bug

LIMIT = 32 * 1024 * 1024
"""Bytes of one file."""
ENDINGS = (".yaml", ".yml", ".json")
STDIN = "<stdin>"

_EXIT_CODES = """\b
Exit codes:
  0  every annotation is valid
  1  a bug in JASM
  2  wrong use, or a file that cannot be read, whatever the others say
  3  an annotation is invalid
"""


class _Unread(NamedTuple):
    """A file that could not be checked, or not to its end."""

    file: str
    line: int | None
    message: str
    exit_code: int = 2


class _Result:
    """What was found in all files."""

    def __init__(self) -> None:
        self.files = 0
        self.annotations = 0
        self.findings: list[tuple[str, checks.Finding]] = []
        self.unread: list[_Unread] = []

    @property
    def exit_code(self) -> int:
        codes = {unread.exit_code for unread in self.unread}
        return min(codes) if codes else 3 if self.findings else 0


@click.command(epilog=_EXIT_CODES)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def check(paths: tuple[str, ...], output: str) -> None:
    """Check the annotations in Kubernetes manifests, with neither cluster nor AWS.

    FILE is YAML or JSON, a directory of such files, or - for standard input:
    helm template CHART | initsync check -
    """
    result = _Result()
    try:
        for path in paths:
            _check_path(path, result, as_text=output == "text")
    except KeyboardInterrupt:
        say("error: interrupted before every file was checked", err=True)
        sys.exit(130)
    if output == "json":
        say(json.dumps(_as_json(result)))
    say(_summary(result), err=True)
    sys.exit(result.exit_code)


def _check_path(path: str, result: _Result, *, as_text: bool) -> None:
    for file in _files(path):
        found, unread = len(result.findings), len(result.unread)
        _check_file(file, result)
        result.findings[found:] = sorted(result.findings[found:])  # by line
        if as_text:
            for finding in result.findings[found:]:
                say(_as_text(*finding))
        for problem in result.unread[unread:]:
            place = problem.file + (f":{problem.line}" if problem.line else "")
            say(f"error: {place}: {problem.message}", err=True)


def _files(path: str) -> Iterator[str]:
    """The file itself, or the manifests in a directory and all below it, in a steady order.

    A directory without any is its own answer: whoever names it expects some.
    """
    if path == "-" or not os.path.isdir(path):
        yield path
        return
    empty = True
    for directory, below, names in os.walk(path):
        below.sort()
        for name in sorted(names):
            file = os.path.join(directory, name).removeprefix("./")
            if name.endswith(ENDINGS) and not os.path.isdir(file):
                empty = False
                yield file
    if empty:
        yield path


def _check_file(path: str, result: _Result) -> None:
    shown = STDIN if path == "-" else printable(os.fsencode(path).decode(errors="replace"))
    try:
        text = yamldocs.decode(_read(path))
        for found in checks.findings(text, providers.names(), providers.check_path):
            result.annotations += 1
            result.findings += [(shown, found)] if found else []
        result.files += 1
    except InvalidSetup as error:
        result.unread.append(_Unread(shown, None, str(error)))
    except yamldocs.NotYaml as error:
        result.unread.append(_Unread(shown, error.line, str(error)))
    except Exception as error:  # a traceback helps nobody who has other files to check
        result.unread.append(_Unread(shown, None, bug(error), 1))


def _read(path: str) -> bytes:
    """The whole file. Raises InvalidSetup."""
    if os.path.isdir(path):
        raise InvalidSetup("no *.yaml, *.yml or *.json in it", "name a directory of manifests")
    try:
        if path == "-":
            return _bounded(_stdin())
        with open(path, "rb") as file:
            return _bounded(file)
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        problem = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise InvalidSetup(problem, "name a file of manifests, or - for standard input") from None


def _stdin() -> BinaryIO:
    if sys.stdin is None:  # `initsync check - <&-`
        raise OSError("it is closed")
    return sys.stdin.buffer


def _bounded(file: BinaryIO) -> bytes:
    data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise InvalidSetup(f"larger than {LIMIT // 1024**2} MiB", "split it")
    return data


def _as_text(file: str, found: checks.Finding) -> str:
    name = f"{found.namespace}/{found.name}" if found.namespace else found.name
    return f"{file}:{found.line}: {found.kind} {name or '(no name)'}: {found.message}"


def _as_json(result: _Result) -> dict[str, object]:
    return {
        "findings": [{"file": file, **found._asdict()} for file, found in result.findings],
        "unread": [
            {"file": unread.file, "line": unread.line, "message": unread.message}
            for unread in result.unread
        ],
        "annotations": result.annotations,
        "files": result.files,
        "invalid": len(result.findings),
        "exitCode": result.exit_code,
    }


def _summary(result: _Result) -> str:
    counts = f"{_count(result.annotations, 'annotation')} in {_count(result.files, 'file')} checked"
    unread = f", {_count(len(result.unread), 'file')} could not be read" if result.unread else ""
    return f"{counts}, {len(result.findings)} invalid{unread}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
