"""The JSON of a Secret with so many parts that all of it does not fit into our memory. Pure.

No good sync loads this. Of 66,000 keys, which fit into a Secret, Python makes 30 MB.
"""

import re
from collections.abc import Iterator

# Possessive, or a text of a million escapes would take 100 MB to be passed over.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],]', re.DOTALL)
# Within a string its quotes would have backslashes before them.
_LARGE = re.compile(rb'(?<!\\)"(?:data|managedFields)" ?: ?(?=[{\[])')


def lightened(text: bytes, parts: int) -> bytes:
    """The text with null for keys and values, and for the record of who owns which field.

    Nothing, where there are more than `parts` even so: then it is no Secret.
    """
    light = b"".join(_pieces(text))
    return b"" if any(number >= parts for number, _ in enumerate(_signs(light))) else light


def _pieces(text: bytes) -> Iterator[memoryview | bytes]:
    start, view = 0, memoryview(text)
    for found in _LARGE.finditer(text):
        if start <= found.end():
            yield from (view[start : found.end()], b"null")
            start = _end(text, found.end())
    yield view[start:]


def _end(text: bytes, start: int) -> int:
    """Where the object or list that begins at `start` ends; the text does, where it does not."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        sign = token.group()
        depth += (sign in (b"{", b"[")) - (sign in (b"}", b"]"))
        if depth == 0:
            return token.end()
    return len(text)


def _signs(text: bytes) -> Iterator[bytes]:
    """The commas and brackets outside of strings."""
    tokens = (token.group() for token in _TOKEN.finditer(text))
    return (sign for sign in tokens if sign in (b"{", b"[", b","))
