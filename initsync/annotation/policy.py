"""What a pod's other annotations say about failures, ages, refreshing and changes. Pure.

D8, D14, D15, D40 have the reasons.
"""

import re
from collections.abc import Mapping

from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import SyncPolicy
from initsync.words.times import UNITS, span
from initsync.words.wording import shown

ON_FAILURE = ("block", "strict", "continue")
MODES = ("init", keys.SIDECAR, keys.WAIT)
LEAST_INTERVAL = 10.0
"""Seconds; more often only costs requests."""

_DURATION = r"(\d{1,9}[smhd])+"


def starts_anyway(annotations: Mapping[str, str]) -> bool:
    """Whether the pod starts although its sync failed, whatever else its annotations say."""
    return annotations.get(keys.ON_FAILURE) == "continue"


def parse(annotations: Mapping[str, str]) -> SyncPolicy:
    """The policy in a pod's annotations, defaults for what is missing or empty.

    Raises AnnotationError.
    """
    return SyncPolicy(
        _choice(annotations, keys.ON_FAILURE, ON_FAILURE),
        _duration(annotations, keys.MAX_STALE),
        _duration(annotations, keys.MAX_AGE),
        _choice(annotations, keys.MODE, MODES),
        _interval(annotations),
        _on_change(annotations),
        _window(annotations),
    )


def _choice(annotations: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    """The annotation's value, one of `known`; the first of them by default."""
    if (value := annotations.get(name) or known[0]) not in known:
        rule = f"must be one of: {', '.join(known)}"
        raise AnnotationError(f"is {shown(value)}, but {rule}", name=name)
    return value


def _interval(annotations: Mapping[str, str]) -> float:
    seconds = _duration(annotations, name := keys.REFRESH_INTERVAL)
    if seconds is None:
        return SyncPolicy().refresh_interval
    if seconds < LEAST_INTERVAL:
        rule = f"must be at least {span(LEAST_INTERVAL)}"
        raise AnnotationError(f"is {shown(annotations[name])}, but {rule}", name=name)
    return seconds


def _on_change(annotations: Mapping[str, str]) -> str:
    if text := annotations.get(keys.ON_CHANGE, ""):
        from initsync.annotation import onchange  # few pods ask for it

        onchange.parse(text)
    return text


def _window(annotations: Mapping[str, str]) -> float:
    seconds = _duration(annotations, keys.CHANGE_WINDOW)
    return SyncPolicy().change_window if seconds is None else seconds


def _duration(annotations: Mapping[str, str], name: str) -> float | None:
    text = annotations.get(name)
    if not text:
        return None
    if not re.fullmatch(_DURATION, text, re.ASCII):
        rule = "must be a duration of whole numbers with s, m, h or d, such as 90s, 5m or 1h30m"
        raise AnnotationError(f"is {shown(text)}, but {rule}", name=name)
    return float(sum(int(part[:-1]) * UNITS[part[-1]] for part in re.findall(r"\d+[smhd]", text)))
