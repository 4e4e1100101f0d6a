"""Why a text is no JSON: in words from a list here, with the place, and nothing of the text. Pure.

https://www.rfc-editor.org/rfc/rfc8259
"""

from json import JSONDecodeError

_EMPTY = "it is empty"
_MARK = "a byte order mark before it"
_EARLY = "it ends too early"
_SINGLE = "single quotes (JSON has double ones)"
_TRAILING = "a trailing comma (leave it out)"
_NOTHING = "a comma with nothing before it"
_OTHER = "something that JSON does not have"
_BREAK = "a line break inside a string (write \\n)"
_CONTROL = {"\n": _BREAK, "\r": _BREAK, "\t": "a tab inside a string (write \\t)"}
# By the beginning of Python's own words.
_CAUSES = {
    "Invalid control": "a control character inside a string (write \\u and four digits)",
    "Extra data": "something after the object",
    "Unterminated": "a string without its closing quote",
    "Invalid \\": "a backslash that begins no escape (write \\\\)",
    "Illegal trailing": _TRAILING,
    "Expecting property": "a key that is not in double quotes",
    "Expecting ':'": "a key without a colon behind it",
    "Expecting ','": 'a comma or the end is missing (write \\" for a quote inside a string)',
    "Expecting value": "a value that JSON does not have (text needs double quotes)",
}
EVERY = frozenset(
    [*_CAUSES.values(), *_CONTROL.values(), _EMPTY, _MARK, _EARLY, _SINGLE, _NOTHING, _OTHER]
)
"""All that can be said."""


def described(error: JSONDecodeError) -> str:
    """The cause, and its line and column, counted from 1."""
    text, (cause, at) = error.doc, _cause(error)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return f"{cause} at line {line}, column {column}"


def _cause(error: JSONDecodeError) -> tuple[str, int]:
    text, at, said = error.doc, error.pos, error.msg
    if not text.strip():
        return _EMPTY, 0
    if text.startswith("\ufeff"):
        return _MARK, 0
    if said.startswith("Invalid control") and text[at] in _CONTROL:
        return _CONTROL[text[at]], at
    if said.startswith("Expecting"):
        before = text[:at].rstrip()
        if at >= len(text.rstrip()):
            return _EARLY, at
        if text[at] == "'":
            return _SINGLE, at
        if text[at] in "}]" and before.endswith(","):  # Python 3.13 says so itself
            return _TRAILING, len(before) - 1
        if text[at] == ",":
            return _NOTHING, at
    found = (_CAUSES[start] for start in _CAUSES if said.startswith(start))
    return next(found, _OTHER), at
