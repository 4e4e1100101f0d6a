"""Text of `NAME=value` lines, as `.env` files have them (D34). Pure.

As python-dotenv reads it, the format's most used reader, but nothing is put in place of
`${NAME}`: what a value refers to is not in a pod's environment.
https://github.com/theskumar/python-dotenv#file-format
"""

import re

from initsync.formats.json import NotSecretData

_LINE = re.compile(
    r"""[^\S\n]*(?:export[^\S\n]+)?
    (?:'(?P<quoted>[^'\n]+)'|(?P<name>[^=\#\s'"]+))[^\S\n]*
    (?:=[^\S\n]*(?:
        '(?P<single>(?:\\'|[^'])*)'
      | "(?P<double>(?:\\.|[^"\\])*)"
      | (?P<bare>(?![^\S\n]*['"])[^\n]*)
    ))?
    """,
    re.X | re.S,
)
_BLANK = re.compile(r"[^\S\n]*(?:\#[^\n]*)?(?:\n|$)")
_REST = re.compile(r"[^\S\n]*(?:\#[^\n]*)?(?:\n|$)")
_COMMENT = re.compile(r"\s\#")
_NAME = re.compile(r"[-._a-zA-Z0-9]+")
"""As Kubernetes has it for keys. What is no such name is not shown: it may be the second line of a
value that lacks its quotes."""
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def parse(text: str) -> dict[str, str]:
    """The values of a dotenv text by name. Raises NotSecretData, which names the line."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        if blank := _BLANK.match(text, at):
            at = blank.end()
            continue
        line = _LINE.match(text, at)
        end = line and _REST.match(text, line.end())
        if not line or not end:
            raise NotSecretData(f"line {_number(text, at)} is no NAME=value")
        name, value = line["quoted"] or line["name"], _value(line)
        if not _NAME.fullmatch(name):
            rule = "that is not of letters, digits, '-', '_' and '.'"
            raise NotSecretData(f"line {_number(text, at)} has a name {rule}")
        if value is None:
            raise NotSecretData(f"line {_number(text, at)} has a name without a value")
        if name in found:
            again = f"again in line {_number(text, at)}"
            raise NotSecretData(f"key {name[:253]!a} is there twice, {again}")
        found[name] = value
        at = end.end()
    if not found:
        raise NotSecretData("it has no line NAME=value at all")
    return found


def _value(line: re.Match[str]) -> str | None:
    if line["single"] is not None:
        parts = line["single"].split("\\\\")  # not re.sub: 30,000 quotes take it 40 ms
        return "\\".join(part.replace("\\'", "'") for part in parts)
    if line["double"] is not None:
        return re.sub(r"\\(.)", lambda sign: _unescaped(sign[1]), line["double"], flags=re.S)
    if (bare := line["bare"]) is None:
        return None
    comment = _COMMENT.search(bare)
    return bare[: comment.start() if comment else None].rstrip()


def _number(text: str, at: int) -> int:
    """The number of the line at that place, counted from 1."""
    return text.count("\n", 0, at) + 1


def _unescaped(sign: str) -> str:
    return _ESCAPES.get(sign, sign if sign in "\\'\"" else f"\\{sign}")
