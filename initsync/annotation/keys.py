"""The grammar of an entry's `keys` (D32): names, renames, JSON Pointers. Pure."""

from initsync.annotation.plain import Field
from initsync.annotation.tree import ListNode, MapNode, Node, Other, text
from initsync.annotation.values import pointer_problem
from initsync.words import rules
from initsync.words.errors import AnnotationError
from initsync.words.model import Key

_ITEM = "must be a name, or 'NAME: KEY' to keep it under another"


def of(node: Node | None, place: str) -> tuple[Key, ...] | None:
    """What is chosen; None where all is. Raises AnnotationError."""
    if node is None:
        return None
    if not isinstance(node, ListNode):
        raise AnnotationError(f"{place} must be a list: begin each name with '- '", node.line)
    return tuple(_key(item, f"{place}[{number}]") for number, item in enumerate(node.items))


def _key(item: Node, place: str) -> Key:
    source, name = _pair(item, place)
    if not source.value:
        raise AnnotationError(f"{place} {_ITEM}", item.line)
    rule = pointer_problem(source.value)
    if not rule and name is source and source.value.startswith("/"):
        rule = "must be renamed, as 'POINTER: KEY': no key of a Secret has a slash"
    if rule:
        raise AnnotationError.field(place, source.value, rule, source.line)
    if problem := rules.key_problem(name.value):
        said = _renamed(source, name, problem)
        raise AnnotationError.field(place, name.value, said, name.line)
    return Key(source.value, name.value)


def _renamed(source: Field, name: Field, rule: str) -> str:
    return f"{rule}; keep it under another name, as 'NAME: KEY'" if name is source else rule


def _pair(item: Node, place: str) -> tuple[Field, Field]:
    if isinstance(item, (Field, Other)):
        name = text(item, place)
        return name, name
    if isinstance(item, MapNode) and len(item.members) == 1:
        source, name_node = item.members[0]
        return source, text(name_node, place)
    raise AnnotationError(f"{place} {_ITEM}", item.line)
