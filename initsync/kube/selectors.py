"""Label selectors, as the API server evaluates them, and in kubectl's words. Pure.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Requirement(NamedTuple):
    """One of a selector's, all of which must hold."""

    key: str
    operator: str
    values: tuple[str, ...]

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels meet it; NotIn is met by an object without the label."""
        value = labels.get(self.key)
        if self.operator == "Exists":
            return value is not None
        if self.operator == "DoesNotExist":
            return value is None
        return (value in self.values) == (self.operator == "In")

    def __str__(self) -> str:
        if self.operator == "Exists":
            return self.key
        if self.operator == "DoesNotExist":
            return f"!{self.key}"
        if self.operator == "In" and len(self.values) == 1:
            return f"{self.key}={self.values[0]}"
        return f"{self.key} {self.operator.lower()} ({','.join(self.values)})"


def requirements(selector: Mapping[str, Any] | None) -> Iterator[Requirement]:
    """The requirements of a selector as an object has it; none where there is no selector."""
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        yield Requirement(key, "In", (value,))
    for found in (selector or {}).get("matchExpressions") or []:
        yield Requirement(found["key"], found["operator"], tuple(found.get("values") or ()))
