"""Files of manifests, read and checked: for every command that takes FILE..."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from initsync import providers
from initsync.manifests import check, documents
from initsync.manifests.check import Finding
from initsync.manifests.sources import Sources
from initsync.words.errors import InvalidSetup
from initsync.words.wording import bug, printable

LIMIT = 32 * 1024 * 1024
"""The most bytes that one file may have."""
ENDINGS = (".yaml", ".yml", ".json")
STDIN = "<stdin>"


class Refused(Exception):
    """What was read is not all valid, or not all there: nothing is made of half an input."""

    def __init__(self, lines: Sequence[str], exit_code: int) -> None:
        super().__init__(lines[0])
        self.lines = lines
        """A sentence for each problem."""
        self.exit_code = exit_code


class Unread(NamedTuple):
    """A file that could not be checked, or not to its end."""

    file: str
    line: int | None
    message: str
    exit_code: int = 2


class Manifest(NamedTuple):
    """The text of a file, and how messages name that."""

    file: str
    text: str


class Checked:
    """What was found in all files."""

    def __init__(self, namespace: str = "") -> None:
        """`namespace`: of objects that name none."""
        self.files = 0
        self.annotations = 0
        self.findings: list[tuple[str, Finding]] = []
        self.unread: list[Unread] = []
        self._sources = Sources(namespace)

    @property
    def conflicts(self) -> list[str]:
        """A sentence for each two workloads that make one Secret from different sources."""
        return self._sources.conflicts

    @property
    def exit_code(self) -> int:
        """The exit code of `initsync check`: 0 where everything was read and is valid."""
        codes = {unread.exit_code for unread in self.unread}
        return min(codes) if codes else 3 if self.of("error") else 0

    def of(self, severity: str) -> list[tuple[str, Finding]]:
        """The findings, each with its file, that are so grave."""
        return [found for found in self.findings if found[1].severity == severity]

    def read(self, path: str) -> Manifest | None:
        """Read a file and check it; None where it cannot be read to its end."""
        shown = STDIN if path == "-" else printable(os.fsencode(path).decode(errors="replace"))
        self._sources.file = shown
        try:
            found = Manifest(shown, documents.decode(_manifests(path)))
            for finding in check.findings(found.text, providers, self._sources):
                self.annotations += not finding or finding.severity == "error"
                self.findings += [(shown, finding)] if finding else []
        except InvalidSetup as error:
            self.unread.append(Unread(shown, None, str(error)))
        except documents.NotYaml as error:
            self.unread.append(Unread(shown, error.line, str(error)))
        except Exception as error:  # a traceback helps nobody who has other files to check
            self.unread.append(Unread(shown, None, bug(error), 1))
        else:
            self.files += 1
            return found
        return None


class Valid(NamedTuple):
    """Files that can all be used."""

    manifests: list[Manifest]
    conflicts: list[str]
    """A sentence for each conflict, as `Checked` has them."""


def all_valid(paths: Iterable[str], namespace: str = "") -> Valid:
    """Every file, where all can be used. Raises Refused."""
    checked = Checked(namespace)
    read = [found for path in paths for file in files(path) if (found := checked.read(file))]
    if checked.exit_code:
        invalid = [as_text(*finding) for finding in checked.of("error")]
        raise Refused([*invalid, *map(unread_text, checked.unread)], checked.exit_code)
    return Valid(read, checked.conflicts)


def files(path: str) -> Iterator[str]:
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


def as_text(file: str, found: Finding) -> str:
    """One finding as one line."""
    name = f"{found.namespace}/{found.name}" if found.namespace else found.name
    grave = "warning: " if found.severity == "warning" else ""
    return f"{file}:{found.line}: {found.kind} {name or '(no name)'}: {grave}{found.message}"


def unread_text(problem: Unread) -> str:
    """The line that says why a file was not read."""
    place = problem.file + (f":{problem.line}" if problem.line else "")
    return f"error: {place}: {problem.message}"


def content(path: str, of: str) -> bytes:
    """The whole file; `of` says what it is to hold. Raises InvalidSetup."""
    try:
        if path == "-":
            return _bounded(_stdin())
        with open(path, "rb") as file:
            return _bounded(file)
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        problem = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise InvalidSetup(problem, f"name a file of {of}, or - for standard input") from None


def _manifests(path: str) -> bytes:
    if os.path.isdir(path):
        raise InvalidSetup("no *.yaml, *.yml or *.json in it", "name a directory of manifests")
    return content(path, "manifests")


def _stdin() -> BinaryIO:
    if sys.stdin is None:  # `initsync check - <&-`
        raise OSError("it is closed")
    return sys.stdin.buffer


def _bounded(file: BinaryIO) -> bytes:
    data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise InvalidSetup(f"larger than {LIMIT // 1024**2} MiB", "split it")
    return data
