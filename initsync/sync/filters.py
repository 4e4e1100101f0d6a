"""The filters of `values` (D33): a value in, a value out. Pure. Their errors name no value."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from initsync.formats import json
from initsync.formats.json import NotSecretData
from initsync.words.model import Value


def _bytes(value: Value) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _uri(value: Value) -> str:
    """https://www.rfc-editor.org/rfc/rfc3986#section-2.3: all but the unreserved is escaped."""
    return quote(_bytes(value), safe="")


def _base64(value: Value) -> str:
    return base64.b64encode(_bytes(value)).decode()


def _base64decode(value: Value) -> bytes:
    """The bytes of base64 in either alphabet, with or without padding, on one line or several.

    https://www.rfc-editor.org/rfc/rfc4648#section-4, -5
    """
    raw = b"".join(_bytes(value).split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except binascii.Error:
        raise NotSecretData("what base64decode is to decode is no base64") from None


def _json(value: Any) -> str:
    """The JSON of a value that is not text yet, such as an object."""
    try:
        return json.encoded(value.decode() if isinstance(value, bytes) else value)
    except UnicodeDecodeError:
        raise NotSecretData("bytes that are no text cannot become JSON") from None


FILTERS: Mapping[str, Callable[[Any], Value]] = {
    "uri": _uri,
    "base64": _base64,
    "base64decode": _base64decode,
    "json": _json,
}
"""The filters by name; `annotation.values.FILTERS` has the names."""
