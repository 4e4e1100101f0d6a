"""What a sync would read for each Secret, and make of it, told by the keys' names alone."""

from collections.abc import Callable, Iterator, Sequence

from initsync.doctor.diagnoses import SECRET, Part
from initsync.doctor.result import Result, ok
from initsync.providers.interface import SecretProvider
from initsync.sync import data, typed
from initsync.sync.upsert import fetched
from initsync.words.errors import JasmError
from initsync.words.model import OPAQUE, ExternalSecret, Form, Selection, SyncRequest
from initsync.words.wording import one_line

_SHOWN = 20  # keys
_SOURCES = 512  # bytes

Told = Callable[[JasmError], Result]
Found = tuple[SyncRequest, ExternalSecret]


def each(provider: SecretProvider, parts: Sequence[Part], by: str, told: Told) -> Iterator[Result]:
    """A line for each Secret; of one that cannot be, a line for each of its sources that is wrong.

    `by`: who reads it, as "read by you".
    """
    for part in parts:
        found: list[Found] = []
        for entry in part.target.entries:
            try:
                found.append((entry, fetched(provider, entry)))
            except JasmError as error:
                yield told(error)
        if len(found) == len(part.target.entries):
            yield _made(part, found, by, told, alone=len(parts) == 1)


def _made(part: Part, found: list[Found], by: str, told: Told, *, alone: bool) -> Result:
    try:
        keys = data.of(found)
        if part.whole and part.target.form.type != OPAQUE:
            typed.check(part.target, keys)
    except JasmError as error:
        return told(error)
    return ok(SECRET, f"{_said(part, sorted(keys), alone=alone)}, {by}")


def _said(part: Part, keys: list[str], *, alone: bool) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    number = f"{len(keys)} key{'' if len(keys) == 1 else 's'}"
    listed = f"{number}: {', '.join(keys[:_SHOWN])}{more}"
    entries = part.target.entries
    paths = one_line(", ".join(entry.secret_path for entry in entries), _SOURCES)
    if alone and len(entries) == 1 and _plain(entries[0]):
        return f"{paths} has {listed}"
    verb = "gives" if len(entries) == 1 else "together give"
    return f"{paths} {verb} Secret {part.target.secret_name} {listed}"


def _plain(entry: SyncRequest) -> bool:
    return (entry.selection, entry.form) == (Selection(), Form())
