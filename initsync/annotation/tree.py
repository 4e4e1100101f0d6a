"""The annotation's YAML as a small tree of texts, lists and maps with their lines.

The text comes from any pod author, and the shared webhook reads it too. It is therefore read
event by event to a fixed depth and number of nodes: `yaml.compose` recurses in C, and 250,000
nested brackets end the process with a segmentation fault.
"""

from collections.abc import Iterator
from typing import NamedTuple

import yaml

from initsync.annotation.plain import EXAMPLE, Field
from initsync.words.errors import AnnotationError
from initsync.words.wording import shown

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING = "tag:yaml.org,2002:str"
REFERENCES = 2000
"""The most references; in `values` so many take a fifth of a second."""
_MOST = (("%TAG", 100, "%TAG directives"), ("${", REFERENCES, "references ${…}"))
"""libyaml compares each %TAG with all before it: 16,000 of them take half a second."""
_RESOLVED = 512
"""Characters read to tell a number or date: a quarter megabyte of 1:1:1: takes 34 ms, 14 MB."""
_DEPTH = 5
"""A name in a map in the list `keys` of an entry in the list `secrets`."""
NODES = 3000
"""Fifty entries with some thirty keys each, or ten that are renamed: 15 ms in the webhook."""
_BRACES = "is {{ … }} a template that nobody filled in?"


class Other(NamedTuple):
    """A scalar that YAML takes for no text: a number, a date, a null, or what a tag says."""

    value: str
    line: int
    rule: str
    kind: str = ""
    """What YAML reads, such as `int`; empty where a tag is written out."""


class ListNode(NamedTuple):
    """A YAML sequence, and where it begins."""

    items: list["Node"]
    line: int


class MapNode(NamedTuple):
    """A mapping; no two keys are the same."""

    members: list[tuple[Field, "Node"]]
    line: int


Node = Field | Other | ListNode | MapNode


def read(text: str) -> MapNode:
    """The only document of `text`. Raises AnnotationError."""
    for sign, most, name in _MOST:
        if text.count(sign) > most:
            raise AnnotationError(f"must not have more than {most} {name}")
    try:
        return _document(_events(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        braces = f": {_BRACES}" if "{{" in text else ""
        raise AnnotationError(f"not valid YAML: {error.problem}{braces}", line) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise AnnotationError("not valid YAML: a character that YAML does not allow") from error


def _events(text: str) -> Iterator[yaml.Event]:
    """The events of the only document, without the stream's and the document's own frames."""
    loader = _Loader(text)
    left = NODES
    try:
        while (event := loader.get_event()) is not None:
            if isinstance(event, yaml.ScalarEvent) and event.tag in (None, "!"):
                event.tag = loader.resolve(yaml.ScalarNode, event.value[:_RESOLVED], event.implicit)
            if not isinstance(event, (yaml.StreamStartEvent, yaml.StreamEndEvent)):
                yield event
            if (left := left - 1) < 0:
                raise AnnotationError(f"must not have more than {NODES} names and values")
    finally:
        loader.dispose()


def _document(events: Iterator[yaml.Event]) -> MapNode:
    next(events, None)  # the document's start
    first = next(events, None)
    if not isinstance(first, yaml.MappingStartEvent):
        raise AnnotationError(f"must be YAML fields: {EXAMPLE}")
    found = _map(first, events, _DEPTH)
    next(events)  # the document's end
    if extra := next(events, None):
        raise AnnotationError("must be one YAML document, there is another", _line(extra))
    return found


def _node(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.AliasEvent):
        raise AnnotationError("must have no alias (*): write it out", _line(event))
    if depth == 0:
        raise AnnotationError("is nested deeper than any field", _line(event))
    if isinstance(event, yaml.SequenceStartEvent):
        return _list(event, events, depth)
    return _map(event, events, depth)


def _list(start: yaml.Event, events: Iterator[yaml.Event], depth: int) -> ListNode:
    items: list[Node] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        items.append(_node(event, events, depth - 1))
    return ListNode(items, _line(start))


def _map(start: yaml.Event, events: Iterator[yaml.Event], depth: int) -> MapNode:
    members: dict[str, tuple[Field, Node]] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        name = _name(_node(event, events, depth - 1))
        if name.value in members:
            raise AnnotationError(f"field {shown(name.value)} is there twice", name.line)
        members[name.value] = (name, _node(next(events), events, depth - 1))
    return MapNode(list(members.values()), _line(start))


def _name(node: Node) -> Field:
    if isinstance(node, Other) and node.value == "<<":
        raise AnnotationError("must have no merge key (<<): write it out", node.line)
    if isinstance(node, (Field, Other)):
        return text(node, "a field name")
    braces = f": {_BRACES}" if isinstance(node, MapNode) else ""
    raise AnnotationError(f"a field name must be a string, not a list or map{braces}", node.line)


def _scalar(event: yaml.ScalarEvent) -> Field | Other:
    value = str(event.value)
    if event.tag == _STRING or not value:
        return Field(value, _line(event))
    if not any(event.implicit):  # the tag is written out: quotes would not change it
        rule = f"must be a string: remove the tag {shown(str(event.tag))}"
        return Other(value, _line(event), rule)
    kind = str(event.tag).rpartition(":")[2]
    rule = f"must be a string and YAML reads a {kind}: put it in quotes"
    return Other(value, _line(event), rule, kind)


def text(node: Node, name: str) -> Field:
    """The text that a node is, of the field `name`. Raises AnnotationError."""
    if isinstance(node, Field):
        return node
    if isinstance(node, Other):
        raise AnnotationError.field(name, node.value, node.rule, node.line)
    raise AnnotationError(f"{shown(name)} must be a string, not a list or map", node.line)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
