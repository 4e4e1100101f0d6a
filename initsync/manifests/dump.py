"""YAML that people read and kubectl takes: no aliases, keys in their order. Pure.

YAML 1.1 and 1.2, and the programs that read them, differ in which plain words are no strings
(`yes`, `1e3`, `0o7`): whatever any of them may take for something else is put in quotes.
"""

import re
from collections.abc import Iterable

import yaml

# Line breaks of YAML 1.1 alone (https://yaml.org/spec/1.1/#id871136): nothing but `"` keeps them.
_OLD_BREAKS = "\x85\u2028\u2029"
_PLAIN = re.compile(rf"[A-Za-z/][^\n{_OLD_BREAKS}]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def is_safe(text: str) -> bool:
    """Whether everybody reads the plain text as a string."""
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _WORDS


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless  # items stand further in than their key, as in Kubernetes' documents
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    printable = text.replace("\n", "").isprintable()
    style = '"' if not printable else None if is_safe(text) else "|" if "\n" in text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _string)


def dump(documents: Iterable[object]) -> str:
    """Each document; with a line between two. What turns the direction of text is escaped."""
    texts = (
        yaml.dump(found, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
        for found in documents
    )
    return _escaped("---\n".join(texts))


def _escaped(text: str) -> str:
    """The text with escapes for what PyYAML takes for printable and `str` does not."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        sign if sign == "\n" or sign.isprintable() else f"\\U{ord(sign):08x}" for sign in text
    )
