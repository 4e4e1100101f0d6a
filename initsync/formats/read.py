"""A provider's text or bytes, read as the format that an entry names (D34). Pure."""

from collections.abc import Mapping
from typing import Any

from initsync.formats import dotenv, json
from initsync.formats.json import NotSecretData


def document(form: str, content: str | bytes) -> Mapping[str, Any]:
    """The values in a content by name, in a format that has names. Raises NotSecretData."""
    text = _text(content)
    if form == "dotenv":
        return dotenv.parse(json.sized(text))
    return json.document(json.bounded(text))


def whole(form: str, content: str | bytes) -> str | bytes:
    """All of it as one value, of a format that has no names. Raises NotSecretData."""
    if form == "binary":
        return content.encode() if isinstance(content, str) else content
    return _text(content)


def _text(content: str | bytes) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise NotSecretData("it is no text in UTF-8: say format: binary") from None
