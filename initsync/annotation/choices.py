"""The rules of the annotations that the injector alone reads, whatever pod they are on. Pure."""

from collections.abc import Callable, Mapping

from initsync.annotation import quantity
from initsync.words import keys, rules

_QUANTITY = "must be a quantity above zero, such as 100m or 64Mi"
PLACE = "must be first, last, or the name of an init container"
_USER = "must be a UID above 0, such as 1337, or none"
PORT = "must be a port, 1 to 65535"
INJECT = 'must be "true" or "false"'


_RULES: Mapping[str, tuple[str, Callable[[str], object]]] = {
    keys.INJECT: (INJECT, lambda text: text in ("true", "false")),
    keys.PLACE: (PLACE, lambda text: rules.label_problem(text) is None),
    keys.RUN_AS_USER: (_USER, lambda text: text == keys.LEFT_OUT or number(text, 2**31)),
    keys.SECCOMP_PROFILE: ("must be none", lambda text: text == keys.LEFT_OUT),
    keys.CPU: (_QUANTITY, quantity.value),
    keys.MEMORY: (_QUANTITY, quantity.value),
    keys.METRICS_PORT: (PORT, lambda text: number(text, 2**16)),
}


NAMES = _RULES.keys()
"""The annotations that the injector alone reads."""


def problem(name: str, text: str) -> str | None:
    """The rule that an annotation of NAMES breaks in whatever pod it is."""
    rule, holds = _RULES.get(name, ("", bool))
    return None if not rule or holds(text) else rule


def number(text: str, end: int) -> int | None:
    """A number from 1 up to `end`, that not included, without more digits than that."""
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(end))
    number = int(text) if digits else 0
    return number if 0 < number < end else None
