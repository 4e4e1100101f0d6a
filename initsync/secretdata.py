"""A provider's JSON text as the data of a Secret: strings as they are, the rest as JSON text."""

import json
from collections.abc import Mapping
from typing import Any

_OBJECT = 'it must be a JSON object of keys and values, such as {"DB_PASSWORD": "…"}'


class NotSecretData(ValueError):
    """The text cannot become a Secret's data; the message names a key, never a value."""


def parse(text: str) -> dict[str, str]:
    """The object in `text`, one string a key.

    Numbers keep the digits that they were written with; booleans, objects and arrays become
    compact JSON. Raises NotSecretData for nulls and for keys that are there twice.
    """
    try:
        found = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise NotSecretData(f"{_OBJECT}, and is no JSON (position {error.pos})") from None
    except RecursionError:
        raise NotSecretData("its JSON is nested too deep") from None
    if not isinstance(found, dict):
        raise NotSecretData(f"{_OBJECT}, and is JSON of another kind")
    return {key: _text(key, value) for key, value in found.items()}


class _Number(str):
    """A JSON number's own text: 1.0 stays 1.0, and no digit of a long one is lost."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise NotSecretData(f"key {_named(twice)} is there twice")
    return found


def _refuse_constant(name: str) -> None:
    raise NotSecretData(f"{name} is no JSON value")


def _text(key: str, value: Any) -> str:
    if value is None:
        raise NotSecretData(f"key {_named(key)} is null: give it a value, or remove it")
    text = value if isinstance(value, str) else _compact(value)
    try:
        f"{key}{text}".encode()
    except UnicodeEncodeError:  # a lone \ud800, which JSON can spell and UTF-8 cannot
        raise NotSecretData(f"key {_named(key)} holds text that is not Unicode") from None
    return str(text)


def _compact(value: Any) -> str:
    if isinstance(value, _Number):
        return value
    if isinstance(value, Mapping):
        members = (f"{json.dumps(key, ensure_ascii=False)}:{_compact(value[key])}" for key in value)
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _named(key: str) -> str:
    return ascii(key[:253])
