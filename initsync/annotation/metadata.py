"""The labels and annotations that an entry puts on its Secret. Pure.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
"""

from collections.abc import Callable

from initsync.annotation.tree import MapNode, Node, text
from initsync.words import rules
from initsync.words.errors import AnnotationError

Pairs = tuple[tuple[str, str], ...]


def labels(node: Node | None, place: str) -> Pairs:
    """Raises AnnotationError for what no label can be, and for JASM's own."""
    found = _pairs(node, place)
    for name, value in found:
        if rule := rules.label_value_problem(value):
            raise AnnotationError(f"{place}: the value of {name} {rule}", node and node.line)
    return found


def annotations(node: Node | None, place: str) -> Pairs:
    """Raises AnnotationError for what no annotation's name can be, and for JASM's own.

    Of those Kubernetes takes either case, of labels' prefixes the lower one alone.
    https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go,
    ValidateAnnotations
    """
    return _pairs(node, place, str.lower)


def _pairs(node: Node | None, place: str, checked: Callable[[str], str] = str) -> Pairs:
    if node is None:
        return ()
    if not isinstance(node, MapNode):
        raise AnnotationError(f"{place} must be a map of names and values", node.line)
    for name, _ in node.members:
        if rule := rules.mark_problem(checked(name.value)):
            raise AnnotationError.field(place, name.value, rule, name.line)
    return tuple((name.value, text(it, f"{place}.{name.value}").value) for name, it in node.members)
