"""A provider's JSON text as the data of a Secret: strings as they are, the rest as JSON text."""

import json
from json.encoder import encode_basestring as _quoted
from typing import Any

from initsync.words.rules import DATA_LIMIT

_OBJECT = 'it must be a JSON object of keys and values, such as {"DB_PASSWORD": "…"}'
_PARTS = 70_000  # commas and brackets
_WORDS = {True: "true", False: "false", None: "null"}


class NotSecretData(ValueError):
    """The text cannot become a Secret's data; the message names a key, never a value."""


def bounded(text: str) -> str:
    """The text, where to parse it takes no more memory than a container has (32Mi).

    For providers whose largest secret is far below that: of AWS's 65,536 bytes all can be commas.
    Raises NotSecretData.
    """
    if sum(map(sized(text).count, ",{[")) > _PARTS:
        raise NotSecretData(f"its JSON has more than {_PARTS} parts")
    return text


def sized(text: str) -> str:
    """The text, of any format, where a Secret has room for it. Raises NotSecretData."""
    if len(text) > DATA_LIMIT:
        raise NotSecretData(f"its text is over the limit of a Secret, {DATA_LIMIT} bytes")
    return text


def parse(text: str) -> dict[str, str]:
    """The object in `text`, one string a key, as `value` makes it.

    Raises NotSecretData for nulls, for keys that are there twice, and for no keys at all: what is
    empty by mistake would blank a Secret that pods live on (D13).
    """
    return {name: value(name, found) for name, found in document(text).items()}


def document(text: str) -> dict[str, Any]:
    """The object in `text`, for `value` to read, and for `pointer` to look into.

    Raises NotSecretData.
    """
    found = _loaded(text)
    if not isinstance(found, dict):
        raise NotSecretData(f"{_OBJECT}, and is JSON of another kind")
    if isinstance(found, Twice):
        raise NotSecretData(f"key {_named(found.key)} is there twice")
    if not found:
        raise NotSecretData(f"{_OBJECT}, and has no key at all")
    return found


def _loaded(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_members,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        from initsync.formats import jsonfaults  # a good secret never loads it

        raise NotSecretData(f"{_OBJECT}, and is no JSON: {jsonfaults.described(error)}") from None
    except RecursionError:
        raise NotSecretData("its JSON is nested too deep") from None


class _Number(str):
    """A JSON number's own text: 1.0 stays 1.0, and no digit of a long one is lost."""

    __slots__ = ()


class Twice(dict[str, Any]):
    """An object that has a key twice, kept until its place is known: deep inside, a key's name
    is a part of some value, and not to be shown."""

    key = ""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = Twice(found)
    left = dict(found)
    twice.key = next(key for key, _ in pairs if left.pop(key, left) is left)
    return twice


def _refuse_constant(name: str) -> None:
    raise NotSecretData(f"{name} is no JSON value")


def value(name: str, found: Any) -> str:
    """A value of a document as text: numbers with the digits that they were written with;
    booleans, objects and arrays as compact JSON.

    Raises NotSecretData, which names `name`, for null and for what cannot be said.
    """
    if found is None:
        raise NotSecretData(f"key {_named(name)} is null: give it a value, or remove it")
    try:
        text = found if isinstance(found, str) else _compact(found)
        f"{name}{text}".encode()
    except RecursionError:
        raise NotSecretData(f"key {_named(name)} is nested too deep") from None
    except _TwiceInside:
        raise NotSecretData(f"key {_named(name)} holds an object with a key twice") from None
    except UnicodeEncodeError:  # a lone \ud800, which JSON can spell and UTF-8 cannot
        raise NotSecretData(f"key {_named(name)} holds text that is not Unicode") from None
    return str(text)


def encoded(found: Any) -> str:
    """A value of a document as JSON text. Raises NotSecretData likewise."""
    return _quoted(found) if type(found) is str else value("", found)


class _TwiceInside(Exception):
    """Somewhere in a value; the key of that value is known further up."""


def _compact(value: Any) -> str:
    if isinstance(value, _Number):
        return value
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Twice):
        raise _TwiceInside
    if isinstance(value, dict):
        members = [f"{_quoted(key)}:{_compact(inner)}" for key, inner in value.items()]
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return _WORDS[value]


def _named(key: str) -> str:
    return ascii(key[:253])
