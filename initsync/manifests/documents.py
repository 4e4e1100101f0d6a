"""YAML text of any origin, read to nodes that know their lines. Pure.

It is read event by event to a fixed depth: `yaml.compose` recurses in C, and 250,000 nested
brackets end the process with a segmentation fault. An alias is a reference to the node that it
names, never a copy. Who reads the text after this expands them, so what they stand for is counted.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from initsync.manifests import aliases
from initsync.manifests.tree import ListNode, MapNode, Node, ScalarNode
from initsync.words.wording import shown

DEPTH = 500
NODES = 4_000_000
"""The most nodes of one file; 32 MiB of `kubectl get pods -o yaml` have half as many."""
_HELM = "; it has {{ as Helm templates do: render it first, helm template CHART | initsync check -"
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader of all that reads manifests, so that they agree on what is YAML."""
# A tag or an anchor before a value, and the space and comments behind it.
_PROPERTY = re.compile(r"[!&]\S*\s+(?:#.*\s+)*")
# JSON writes a character beyond U+FFFF as two escapes, which YAML does not know.
# https://www.rfc-editor.org/rfc/rfc8259#section-7
SURROGATES = re.compile(
    r"(?<!\\)((?:\\\\)*)((?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})+)"
)


class NotYaml(Exception):
    """The text cannot be read; `line` is counted from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


class _Open:
    """A collection whose end has not come yet."""

    __slots__ = ("_key", "_keyed", "_node", "_size", "_wanted")

    def __init__(self, node: Node, wanted: Callable[[str], bool]) -> None:
        self._node = node
        self._wanted = wanted
        self._key = ""
        self._keyed = False
        self._size = 1

    def add(self, child: Node) -> None:
        """Take the next item, or in turn a key and its value."""
        self._size += child.size
        if isinstance(self._node, MapNode):
            self._keyed = not self._keyed
            if self._keyed:
                self._key = child.text if isinstance(child, ScalarNode) else ""
            elif self._key == "<<" or self._wanted(self._key):
                self._node.keep(self._key, child)
        elif isinstance(self._node, ListNode):
            if not isinstance(child, ScalarNode):
                self._node.items.append(child)
            elif self._size == 2:
                self._node.first = child.text

    def end(self, around: "_Open") -> None:
        """Tell its size to what it stands in."""
        self._node.size = self._size
        around._size += self._size

    @property
    def takes_key(self) -> bool:
        """Whether the next node is a key."""
        return isinstance(self._node, MapNode) and not self._keyed


def decode(data: bytes) -> str:
    """The text of a file, which is UTF-8 with or without byte order mark. Raises NotYaml."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotYaml("not YAML: it is not UTF-8", data.count(b"\n", 0, error.start) + 1) from None


def documents(text: str, wanted: Callable[[str], bool]) -> Iterator[Node]:
    """The root of each document that has one, with those fields of its maps that `wanted` takes.

    Raises NotYaml, after the documents before the problem.
    """
    try:
        yield from _roots(_json_escapes(text), wanted)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _not_yaml(str(error.problem), line, text) from None
    except (yaml.YAMLError, ValueError):  # ValueError: a lone surrogate, or \U beyond Unicode
        found = yaml.reader.Reader.NON_PRINTABLE.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        raise _not_yaml("a character that YAML does not allow", line, text) from None


def _not_yaml(problem: str, line: int, text: str) -> NotYaml:
    """The failure, with advice where the text looks like a Helm template."""
    return NotYaml(f"not YAML: {problem}{advice(text)}", line)


def advice(text: str) -> str:
    """What to do about a text that looks like a Helm template, to be added to a sentence."""
    return _HELM if "{{" in text else ""


def _json_escapes(text: str) -> str:
    if text.lstrip()[:1] not in ("{", "["):
        return text
    text = text.replace("\t", " ")  # JSON's strings hold none, and PyYAML's own reader takes none
    return SURROGATES.sub(lambda found: found[1] + _characters(found[2]), text)


def _characters(escapes: str) -> str:
    return bytes.fromhex(escapes.replace("\\u", "")).decode("utf-16-be")


def _roots(text: str, wanted: Callable[[str], bool]) -> Iterator[Node]:
    anchors: dict[str, Node] = {}
    roots = ListNode(1)
    stack = [_Open(roots, wanted)]
    began = expanded = before = 0  # values that aliases stand for: in this document, before it
    for count, (event, kind) in enumerate(_events(text)):
        if isinstance(event, yaml.NodeEvent):
            node = _node(event, kind, text, anchors)
            if isinstance(event, yaml.AliasEvent):
                expanded += node.size
                _refuse_bomb(node, count - began, expanded)
            _refuse(event, node, stack, count + before + expanded, text)
            stack[-1].add(node)
            if isinstance(event, yaml.CollectionStartEvent):
                stack.append(_Open(node, wanted))
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop().end(stack[-1])
        elif isinstance(event, yaml.DocumentEndEvent):
            yield from roots.items
            roots.items.clear()
            anchors.clear()
            began, before, expanded = count, before + expanded, 0


def _refuse(event: Any, node: Node, stack: list[_Open], count: int, text: str) -> None:
    """Raise NotYaml for what is too much, and for `{{ .Values.name }}`, a map whose key is one."""
    if len(stack) > DEPTH or count > NODES:
        problem = f"nested deeper than {DEPTH} levels, or more than {NODES} values: split it"
        raise NotYaml(problem, node.line)
    start = event.start_mark.index
    if isinstance(node, MapNode) and stack[-1].takes_key and text[start - 1 : start + 1] == "{{":
        raise _not_yaml("a map cannot be a key", node.line, text)


def _refuse_bomb(alias: Node, written: int, aliased: int) -> None:
    if problem := aliases.problem(written, aliased):
        raise NotYaml(problem, alias.line)


def _events(text: str) -> Iterator[tuple[yaml.Event, str]]:
    """The events, and of scalars the kind that YAML reads."""
    loader = Loader(text)
    try:
        while (event := loader.get_event()) is not None:
            kind = ""
            if isinstance(event, yaml.ScalarEvent):
                tag = event.tag or loader.resolve(yaml.ScalarNode, event.value, event.implicit)
                kind = str(tag).rpartition(":")[2]
            yield event, kind
    finally:
        loader.dispose()


def _node(event: Any, kind: str, text: str, anchors: dict[str, Node]) -> Node:
    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent):
        named = anchors.get(str(event.anchor))
        if named is None or not named.size:
            problem = "has no anchor" if named is None else "stands within what it names"
            raise _not_yaml(f"alias {shown(str(event.anchor))} {problem}", line, text)
        return named
    node: Node
    if not isinstance(event, yaml.CollectionStartEvent):
        literal = event.style == "|"
        line += _lines_before(text, event.start_mark.index) if literal else 0
        node = ScalarNode(str(event.value), kind, line, literal=literal)
    else:
        node = MapNode(line) if isinstance(event, yaml.MappingStartEvent) else ListNode(line)
    if event.anchor:
        anchors[event.anchor] = node
    return node


def _lines_before(text: str, start: int) -> int:
    """Lines from a value's tag and anchor to the value."""
    place = start
    while found := _PROPERTY.match(text, place):
        place = found.end()
    return text.count("\n", start, place)
