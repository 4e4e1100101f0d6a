"""JSON Patch written into the text of a YAML or JSON document, and nothing else changed. Pure.

Comments, quotes and layout stay byte for byte: what is added is written in between. To read and
write the whole document anew would move comments, and may change values: the versions of YAML do
not agree on `0644` or `1e3`. Only `add` is known, which is all that the injector needs.
https://www.rfc-editor.org/rfc/rfc6902

YAML has more ways to write a thing than are foreseen here, so what was written is read again: a
text that does not say just what the patch makes of the document never leaves.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import yaml

from initsync.manifests import dump, nodes

_COMMENT = re.compile("#.*")
_LONE_CR = re.compile(r"\r(?!\n)")
_OTHERWISE = "what is added would change something else: write it in YAML's plain block style"


class NotEditable(Exception):
    """The document is written in a way that cannot be added to; `line` is counted from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


class _Edit(NamedTuple):
    """`text` in place of the characters from `start` to `end`."""

    start: int
    depth: int
    """Minus the steps to where it is: of two at one place the one further in comes first."""
    number: int
    end: int
    text: str


def added(text: str, operations: Iterable[Mapping[str, Any]]) -> str:
    """The text of one document with these operations. Raises NotEditable."""
    wanted = list(operations)
    if found := _LONE_CR.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise NotEditable("its lines must end in LF, or CR and LF", line)
    try:
        root = nodes.root(text)
    except RecursionError:
        raise NotEditable("it is nested too deeply", 1) from None
    lines = _Text(text, "\r\n" if "\r\n" in text else "\n", set())
    edits = [
        _edit(lines, root, number, path, values)
        for number, (path, values) in enumerate(_grouped(wanted))
    ]
    written = "".join(_pieces(text, sorted(edits)))
    if not _says(written, text, wanted):
        raise NotEditable(_OTHERWISE, root.start_mark.line + 1)
    return written


def _says(written: str, text: str, operations: list[Mapping[str, Any]]) -> bool:
    """Whether it is what the operations make of the document in `text`."""
    try:
        return bool(nodes.load(written) == nodes.patched(nodes.load(text), operations))
    except yaml.YAMLError:
        return False


def _pieces(text: str, edits: Iterable[_Edit]) -> Iterator[str]:
    place = 0
    for edit in edits:
        yield text[place : edit.start]
        yield edit.text
        place = edit.end
    yield text[place:]


def _grouped(operations: Iterable[Mapping[str, Any]]) -> Iterator[tuple[list[str], list[Any]]]:
    """The path, and what comes there: one after the other where that is a list."""
    pairs = [(nodes.keys(found["path"]), found["value"]) for found in operations]
    for _, group in groupby(pairs, lambda pair: pair[0][:-1] if _indexed(pair[0]) else pair[0]):
        paths, values = zip(*group, strict=True)
        yield paths[0], list(values)


def _indexed(path: list[str]) -> bool:
    return path[-1] == "-" or path[-1].isdigit()


def _edit(text: "_Text", root: Any, number: int, path: list[str], values: list[Any]) -> _Edit:
    node, key = root, path[-1]
    for step in path[:-1]:
        _plain(text, node)
        node = _child(node, step)
    _plain(text, node)
    if isinstance(node, yaml.SequenceNode):
        return _into_list(text, node, number, key, values)._replace(depth=-len(path))
    if there := _pair(node, key):
        return _instead(text, node, number, there, values[0])._replace(depth=-len(path) - 1)
    return _into_map(text, node, number, {key: values[0]})._replace(depth=-len(path))


def _plain(text: "_Text", node: Any) -> None:
    """Refuse what is shared with another place of the document, or read in a way of its own."""
    line = node.start_mark.line + 1
    merged = isinstance(node, yaml.MappingNode) and _pair(node, "<<")
    if merged or node.tag == nodes.ALIAS or text.text[node.start_mark.index] in "&!":
        raise NotEditable("anchors, aliases (&, *, <<) and tags (!) must be written out", line)
    if isinstance(node, yaml.ScalarNode):
        raise NotEditable("it must be a map or a list", line)


def _child(node: Any, step: str) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return node.value[int(step)]
    found = _pair(node, step)
    if found is None:
        raise NotEditable(f"it has no {step} of its own", node.start_mark.line + 1)
    return found[1]


def _pair(node: Any, key: str) -> Any:
    """The last of that key, as Kubernetes takes it; None without any."""
    return next((pair for pair in reversed(node.value) if pair[0].value == key), None)


def _into_list(text: "_Text", node: Any, number: int, key: str, values: list[Any]) -> _Edit:
    index = len(node.value) if key == "-" else int(key)
    if node.flow_style:
        return _into_flow(text, node, number, index, [json.dumps(value) for value in values])
    place = text.end_of(_last(node.value[index - 1])) if index else text.end_before(node)
    return text.lines(place, number, node.start_mark.column, values)


def _into_map(text: "_Text", node: Any, number: int, entry: dict[str, Any]) -> _Edit:
    if node.flow_style:
        return _into_flow(text, node, number, len(node.value), [json.dumps(entry)[1:-1]])
    return text.lines(text.end_of(_last(node)), number, node.start_mark.column, entry)


def _into_flow(text: "_Text", node: Any, number: int, index: int, values: list[str]) -> _Edit:
    said = ", ".join(values)
    if index < len(node.value):
        place = node.value[index].start_mark.index
        return _Edit(place, 0, number, place, f"{said}, ")
    place = node.end_mark.index - 1
    comma = ", " if text.needs_comma(node) else ""
    return _Edit(place, 0, number, place, comma + said)


def _instead(text: "_Text", node: Any, number: int, pair: Any, value: Any) -> _Edit:
    """The edit that puts a value in place of nothing (null, an empty list) or of another scalar."""
    key, old = pair
    start, end = old.start_mark.index, text.end(old)
    if isinstance(value, list) and not node.flow_style:
        place = text.text.index(":", key.end_mark.index) + 1
        lines = text.lines(place, number, key.start_mark.column + 2, value)
        return lines._replace(end=end)
    return _Edit(start, 0, number, end, ("" if start != end else " ") + json.dumps(value))


def _last(node: Any) -> Any:
    """What ends it: a scalar, or something in brackets."""
    while not (isinstance(node, yaml.ScalarNode) or node.flow_style):
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return node


class _Text(NamedTuple):
    """The document, by its lines."""

    text: str
    newline: str
    """The characters that end a line."""
    appended: set[int]
    """The brackets that were given something before their end, each by its place."""

    def lines(self, place: int, number: int, column: int, value: Any) -> _Edit:
        """The value behind the line that ends at `place`, each of its lines at that column."""
        said = dump.dump([value]).splitlines()
        block = "".join(self.newline + (" " * column + line if line else "") for line in said)
        return _Edit(place, 0, number, place, block)

    def needs_comma(self, node: Any) -> bool:
        """Whether what now comes before the closing bracket must be parted from what is there."""
        place = node.start_mark.index
        if place in self.appended:
            return True
        self.appended.add(place)
        if not node.value:
            return False
        last = node.value[-1]
        end = (last[1] if isinstance(last, tuple) else last).end_mark.index
        return "," not in _COMMENT.sub("", self.text[end : node.end_mark.index])

    def end(self, node: Any) -> int:
        """Where it ends; of a block (`|`, `>`) its last line that is not empty."""
        start: int = node.start_mark.index
        end: int = node.end_mark.index
        content = self.text[start:end]
        return start + len(content.rstrip()) if content[:1] in ("|", ">") else end

    def end_of(self, node: Any) -> int:
        """Where the line ends on which the node does; of a block with `+` its empty lines, too."""
        start, end = node.start_mark.index, node.end_mark.index
        content = self.text[start:end]
        if content[:1] not in ("|", ">"):
            return self._line_end(end)
        chomping = content.splitlines()[0].partition("#")[0]
        if "-" not in chomping and end == len(self.text) and content[-1:] != "\n":
            raise NotEditable("its last line must end in a line break", node.end_mark.line + 1)
        return self._before_newline(end - 1) if "+" in chomping else self.end(node)

    def end_before(self, node: Any) -> int:
        """Where the last line before the node ends that is neither empty nor a comment."""
        start = self.text.rfind("\n", 0, node.start_mark.index)
        if start < 0 or self.text[start + 1 : node.start_mark.index].strip():
            raise NotEditable("its list must begin on a line of its own", node.start_mark.line + 1)
        while self.text[self.text.rfind("\n", 0, start) + 1 : start].lstrip()[:1] in ("", "#"):
            start = self.text.rfind("\n", 0, start)
        return self._before_newline(start)

    def _line_end(self, place: int) -> int:
        found = self.text.find("\n", place)
        return self._before_newline(found) if found >= 0 else len(self.text)

    def _before_newline(self, place: int) -> int:
        return place - 1 if self.text[place - 1 : place] == "\r" else place
