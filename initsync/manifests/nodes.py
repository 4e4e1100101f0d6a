"""A document of YAML or JSON: as nodes that know their places, or as what it says. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

from initsync.manifests import documents

ALIAS = "alias"
"""The tag of an alias, which is left where it stands."""
# Strings to Kubernetes, whatever YAML 1.1 has them for.
_STRINGS = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")


class _Composer(Composer, Resolver):
    def __init__(self, text: str) -> None:
        Composer.__init__(self)
        Resolver.__init__(self)
        events = documents.Loader(text)
        self.check_event = events.check_event
        self.get_event = events.get_event
        self.peek_event = events.peek_event

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose the next node, in place of an alias one that stands for it."""
        if not self.check_event(yaml.AliasEvent):
            return super().compose_node(parent, index)
        event = self.get_event()
        return yaml.ScalarNode(ALIAS, "", event.start_mark, event.end_mark)


def _number(loader: Any, node: Any) -> Any:
    """The text of what YAML 1.1 takes for base 60 (`1:30`), as Kubernetes has it. Read as numbers
    900 KB of it take minutes, or are more than a float holds."""
    if ":" in node.value:
        return node.value
    kind = str(node.tag).rpartition(":")[2]
    return getattr(loader, f"construct_yaml_{kind}")(node)


class _Loader(documents.Loader):  # type: ignore[misc]
    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own name
        first: [(tag, form) for tag, form in known if tag not in _STRINGS]
        for first, known in documents.Loader.yaml_implicit_resolvers.items()
    }


for _kind in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _number)


def root(text: str) -> Any:
    """The node of a document that has one. Raises yaml.YAMLError, and RecursionError."""
    return _Composer(_in_place(text)).get_single_node()


def _in_place(text: str) -> str:
    """The text as the loader takes it, with every character where it was."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    return documents.SURROGATES.sub(_blank, text.replace("\t", " "))


def _blank(escapes: re.Match[str]) -> str:
    return escapes[1] + "_" * len(escapes[2])


def load(text: str) -> Any:
    """What it says. Raises yaml.YAMLError."""
    try:
        return json.loads(text)  # which has tabs and escapes that YAML has not
    except ValueError:
        pass
    try:
        return yaml.load(text, _Loader)  # noqa: S506  # it is one of the two safe ones
    except (AttributeError, ValueError):  # `!!int x`, `0x_`
        raise yaml.YAMLError from None


def keys(pointer: str) -> list[str]:
    """The steps of a JSON pointer. https://www.rfc-editor.org/rfc/rfc6901"""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def patched(document: Any, operations: Iterable[Mapping[str, Any]]) -> Any:
    """The document itself, with what these operations add."""
    for operation in operations:
        *steps, last = keys(operation["path"])
        place = document
        for step in steps:
            place = place[int(step) if isinstance(place, list) else step]
        if isinstance(place, list):
            place.insert(len(place) if last == "-" else int(last), operation["value"])
        else:
            place[last] = operation["value"]
    return document
