"""A JSON Pointer into a document (D32). Pure.

https://www.rfc-editor.org/rfc/rfc6901
"""

import re
from collections.abc import Mapping
from typing import Any

from initsync.formats.json import NotSecretData, Twice

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class NotThereError(Exception):
    """The document has nothing at the pointer."""

    def __init__(self, at: str, names: list[str]) -> None:
        super().__init__(at)
        self.at = at
        """The part of the pointer that leads somewhere."""
        self.names = names
        """The names that there are."""


def resolve(pointer: str, document: Any) -> Any:
    """The value at `pointer`, which begins with a slash.

    Raises NotThereError, and NotSecretData where an object on the way has a key twice.
    """
    found, at = document, ""
    for token in pointer.split("/")[1:]:
        found = _member(found, token.replace("~1", "/").replace("~0", "~"), at)
        at = f"{at}/{token}"
    return found


def _member(found: Any, name: str, at: str) -> Any:
    if isinstance(found, Twice):
        raise NotSecretData(f"the object at {at[:253]!a} has a key twice")
    if isinstance(found, Mapping):
        if name in found:
            return found[name]
        raise NotThereError(at, list(found))
    items = found if isinstance(found, list) else []
    if _INDEX.fullmatch(name) and int(name) < len(items):
        return items[int(name)]
    raise NotThereError(at, [f"0 to {len(items) - 1}"] if items else [])
