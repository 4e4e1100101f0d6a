"""`initsync check`: the annotations in manifests, before they are applied. No cluster, no cloud."""

import sys

import click

from initsync.cli.terminal import say, say_json
from initsync.manifests.files import Checked, as_text, files, unread_text

_EXIT_CODES = """\b
Exit codes:
  0  every annotation is valid; there may be warnings
  1  a bug in JASM
  2  wrong use, or a file that cannot be read, whatever the others say
  3  an annotation is invalid
"""


@click.command(epilog=_EXIT_CODES)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def check(paths: tuple[str, ...], output: str) -> None:
    """Check the annotations in Kubernetes manifests, with neither cluster nor AWS.

    FILE is YAML or JSON, a directory of such files, or - for standard input:
    helm template CHART | initsync check -
    """
    checked = Checked()
    try:
        for path in paths:
            for file in files(path):
                _check(file, checked, quiet=output == "json")
    except KeyboardInterrupt:
        say("error: interrupted before every file was checked", err=True)
        sys.exit(130)
    if output == "json":
        say_json(_as_json(checked))
    say(_summary(checked), err=True)
    sys.exit(checked.exit_code)


def _check(file: str, checked: Checked, *, quiet: bool) -> None:
    found, unread = len(checked.findings), len(checked.unread)
    checked.read(file)
    checked.findings[found:] = sorted(checked.findings[found:])  # by line
    for finding in [] if quiet else checked.findings[found:]:
        say(as_text(*finding))
    for problem in checked.unread[unread:]:
        say(unread_text(problem), err=True)


def _as_json(checked: Checked) -> dict[str, object]:
    return {
        "findings": [{"file": file, **found._asdict()} for file, found in checked.findings],
        "unread": [
            {"file": unread.file, "line": unread.line, "message": unread.message}
            for unread in checked.unread
        ],
        "annotations": checked.annotations,
        "files": checked.files,
        "invalid": len(checked.of("error")),
        "warnings": len(checked.of("warning")),
        "exitCode": checked.exit_code,
    }


def _summary(checked: Checked) -> str:
    counts = (
        f"{_count(checked.annotations, 'annotation')} in {_count(checked.files, 'file')} checked"
    )
    number = len(checked.unread)
    unread = f", {_count(number, 'file')} could not be read" if number else ""
    warnings = len(checked.of("warning"))
    told = f", {_count(warnings, 'warning')}" if warnings else ""
    return f"{counts}, {len(checked.of('error'))} invalid{told}{unread}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
