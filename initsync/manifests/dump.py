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
    lines = "\n" in text and not any(old in text for old in _OLD_BREAKS)
    style = None if is_safe(text) else "|" if lines else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _string)


def dump(documents: Iterable[object]) -> str:
    """Each document; with a line between two."""
    texts = (
        yaml.dump(found, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
        for found in documents
    )
    return "---\n".join(texts)
