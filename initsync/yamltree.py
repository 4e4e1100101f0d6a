"""YAML documents with the line of every node, read event by event. Pure.

`yaml.compose` recurses in C and ends the process on deep nesting; this keeps its own stack. An
alias is the node that it names, not a copy, so nothing grows by being named often.
"""

from collections.abc import Iterator
from typing import Any, cast

import yaml

DEPTH = 200
"""Of lists and mappings within another; the time of libyaml grows with its square."""
_DEEP = f"lists and mappings are nested deeper than {DEPTH}"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING = "tag:yaml.org,2002:str"


class Node:
    """A scalar, a list or a mapping."""

    __slots__ = ("fields", "items", "line", "literal", "text")

    def __init__(self, line: int) -> None:
        self.line = line
        """In the file, counted from 1."""
        self.text: str | None = None
        """Of a string; None for anything else."""
        self.literal = False
        """Whether the string is a block whose lines are the file's own (`|`)."""
        self.items: list[Node] = []
        """Of a list."""
        self.fields: dict[str, Node] = {}
        """Of a mapping, by those of its keys that are strings."""

    def get(self, *path: str) -> "Node | None":
        """The node below these keys; merge keys (`<<`) are followed one level."""
        node: Node | None = self
        for key in path:
            node = node and node._field(key)
        return node

    def _field(self, key: str) -> "Node | None":
        if key in self.fields or "<<" not in self.fields:
            return self.fields.get(key)
        merged = self.fields["<<"]
        return next((n.fields[key] for n in [merged, *merged.items] if key in n.fields), None)


class _Open:
    """A list or mapping whose end has not come yet."""

    def __init__(self, node: Node, *, mapping: bool) -> None:
        self.node = node
        self._mapping = mapping
        self._key: Node | None = None

    def add(self, child: Node) -> None:
        """The next node in it: an item, a key, or the value of the key before."""
        if not self._mapping:
            self.node.items.append(child)
        elif self._key is None:
            self._key = child
        else:
            if self._key.text is not None:
                self.node.fields[self._key.text] = child
            self._key = None


def documents(text: str) -> Iterator[Node]:
    """The root node of each document. Raises yaml.YAMLError where the text is no YAML."""
    loader = _Loader(text)
    root = _Open(Node(0), mapping=False)
    stack, anchors = [root], dict[str, Node]()
    try:
        while (event := loader.get_event()) is not None:
            if isinstance(event, yaml.NodeEvent):
                node = _node(event, anchors, loader)
                stack[-1].add(node)
                if isinstance(event, yaml.CollectionStartEvent):
                    mapping = isinstance(event, yaml.MappingStartEvent)
                    stack.append(_Open(node, mapping=mapping))
                    if len(stack) > DEPTH:
                        raise yaml.MarkedYAMLError(None, None, _DEEP, cast(Any, event.start_mark))
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.DocumentEndEvent):
                yield from root.node.items
                root.node.items.clear()
                anchors.clear()
    finally:
        loader.dispose()


def _node(event: yaml.NodeEvent, anchors: dict[str, Node], loader: Any) -> Node:
    node = Node(event.start_mark.line + 1 if event.start_mark else 0)
    if isinstance(event, yaml.AliasEvent):
        return anchors.get(event.anchor or "", node)
    if isinstance(event, yaml.ScalarEvent):
        tag = event.tag or loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        node.text = str(event.value) if tag == _STRING else None
        node.literal = event.style == "|"
    if event.anchor:
        anchors[event.anchor] = node
    return node
