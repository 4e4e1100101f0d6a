"""What an entry's `format`, `keys` and `values` make of what a provider gave (D32 to D34). Pure.

No sync of an annotation of three fields loads this.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from initsync.annotation import values
from initsync.formats import json, pointer, read
from initsync.formats.json import NotSecretData
from initsync.sync.filters import FILTERS
from initsync.words import rules
from initsync.words.model import WHOLE, Selection, Value

_LISTED = 20  # names in a sentence


def data(selection: Selection, content: str | bytes | Mapping[str, str]) -> dict[str, Value]:
    """The chosen values by key in the Secret. Raises NotSecretData."""
    source = _Source(_document(selection, content))
    taken: dict[str, Value] = {}
    left = rules.DATA_LIMIT
    for name, value in chain(_taken(selection, source), _values(selection, source)):
        if name in taken:
            raise NotSecretData(f"key {name!a} is there already: choose with keys")
        taken[name] = value
        left = _room(left, value)
    if not taken:
        raise NotSecretData("it has no key at all")
    return taken


def _room(left: int, value: Value) -> int:
    """What is left of it after the value. Raises NotSecretData where that is nothing.

    Looked at as soon as there is a value: a few letters of an annotation, such as
    `|json|json|json`, or a name taken a thousand times, can make gigabytes.
    """
    if len(value) > left:
        problem = f"its values are more than {rules.DATA_LIMIT} bytes, the limit of a Secret"
        raise NotSecretData(problem)
    return left - len(value)


def _document(selection: Selection, content: str | bytes | Mapping[str, str]) -> Mapping[str, Any]:
    if isinstance(content, Mapping):
        if selection.format != "json":
            problem = f"format is {selection.format}, but this provider gives keys and values"
            raise NotSecretData(f"{problem}: leave the format out")
        return content
    if selection.format in WHOLE:
        whole = read.whole(selection.format, content)
        return {key.source: whole for key in selection.keys or ()}
    return read.document(selection.format, content)


class _Source:
    """A document, and its values as text: each made once, however often it is named."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._made: dict[str, Value] = {}

    def value(self, name: str) -> Value:
        """The value of that name or pointer. Raises NotSecretData."""
        if name not in self._made:
            self._made[name] = _value(name, _found(name, self.document))
        return self._made[name]


def _taken(selection: Selection, source: _Source) -> Iterator[tuple[str, Value]]:
    if selection.keys is None:
        for name, value in source.document.items():
            yield name, _value(name, value)
        return
    for key in selection.keys:
        yield key.name, source.value(key.source)


def _values(selection: Selection, source: _Source) -> Iterator[tuple[str, Value]]:
    for name, template in selection.values:
        yield name, _composed(template, source)


def _value(name: str, found: Any) -> Value:
    return found if isinstance(found, bytes) else json.value(name, found)


def _found(source: str, document: Mapping[str, Any]) -> Any:
    """What `source` names in the document. Raises NotSecretData, which lists the names there."""
    try:
        if source.startswith("/"):
            return pointer.resolve(source, document)
        if source in document:
            return document[source]
        names, where = list(document), ""
    except pointer.NotThereError as error:
        names, where = error.names, f" at {_shown(error.at)}" if error.at else ""
    raise NotSecretData(f"it has no {_shown(source)}; there{where} {_listed(names)}")


def _listed(names: list[str]) -> str:
    if not names:
        return "is no name at all"
    listed = ", ".join(map(_shown, sorted(names)[:_LISTED]))
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"are {listed}{more}"


def _shown(name: str) -> str:
    return ascii(name[: rules.KEY_LIMIT])


def _composed(template: str, source: _Source) -> Value:
    parts: list[Value] = []
    left = rules.DATA_LIMIT
    for part in values.parse(template):
        parts.append(_part(part, source))
        left = _room(left, parts[-1])
    if all(isinstance(part, str) for part in parts):
        return "".join(part for part in parts if isinstance(part, str))
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)


def _part(part: values.Part, source: _Source) -> Value:
    if isinstance(part, str):
        return part
    value = source.value(part.name)
    for number, name in enumerate(part.filters):
        if number == 0 and name == "json" and not _is_text(_found(part.name, source.document)):
            continue  # a number, an object: as text it is JSON already
        value = FILTERS[name](value)
        _room(rules.DATA_LIMIT, value)
    return value


def _is_text(found: Any) -> bool:
    return type(found) is str or isinstance(found, bytes)
