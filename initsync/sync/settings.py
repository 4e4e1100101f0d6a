"""What a platform team may choose about a sync, read from the environment."""

from collections.abc import Mapping
from typing import NamedTuple

from initsync.words import rules
from initsync.words.errors import InvalidSetup
from initsync.words.keys import MANAGED_BY_DEFAULT
from initsync.words.wording import shown

LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("info", "debug")
RESTART_POLICIES = ("Always", "OnFailure", "Never")
_CHOSEN = (
    *("JASM_MANAGED_BY", "JASM_TIMEOUT", "JASM_SETTLE", "JASM_RESTART_POLICY"),
    "JASM_SECRET_LABELS",
)


class SyncSettings(NamedTuple):
    """What the platform and the pod say of a sync; times are seconds."""

    managed_by: str = MANAGED_BY_DEFAULT
    timeout: float = 60.0
    """The time for the whole sync, retries included."""
    propagation_delay: float = 1.0
    """After changing an existing Secret: lets the kubelet's cache see it before a container
    reads it (D5, kubernetes#129645)."""
    restart_policy: str = "Always"
    """The pod's: under Never no later try follows, so refusals are retried too (D7)."""
    also_managed_by: tuple[str, ...] = ()
    """Further values of the managed-by label that are ours: those of before or after a change."""
    secret_labels: tuple[tuple[str, str], ...] = ()
    """What the platform puts on every Secret; an entry's own `labels` go before them."""


def from_env(env: Mapping[str, str]) -> SyncSettings:
    """The JASM_* variables of the container. Raises InvalidSetup."""
    default = SyncSettings()
    own, *others = managed_by(env)
    return SyncSettings(
        own,
        _seconds(env, "JASM_TIMEOUT", default.timeout),
        _seconds(env, "JASM_SETTLE", default.propagation_delay),
        choice(env, "JASM_RESTART_POLICY", RESTART_POLICIES),
        tuple(others),
        _labels(env.get("JASM_SECRET_LABELS", "")),
    )


def without(env: Mapping[str, str]) -> dict[str, str]:
    """`env` without what `from_env` may refuse: every setting then has its default."""
    return {name: value for name, value in env.items() if name not in _CHOSEN}


def managed_by(env: Mapping[str, str]) -> tuple[str, ...]:
    """Values of the managed-by label by which a Secret is ours; the first is the one to write."""
    others = env.get("JASM_ALSO_MANAGED_BY", "").replace(",", " ").split()
    return (env.get("JASM_MANAGED_BY") or MANAGED_BY_DEFAULT, *others)


def choice(env: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    """The variable's value, one of `known`; the first of them by default. Raises InvalidSetup."""
    if (value := env.get(name) or known[0]) not in known:
        raise InvalidSetup(f"{name} is {value!r}", f"set it to {' or '.join(known)}")
    return value


def _labels(text: str) -> tuple[tuple[str, str], ...]:
    """`NAME=VALUE`, with commas between, as `kubectl label` takes them."""
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    for name, sign, value in pairs:
        if not sign or rules.mark_problem(name) or rules.label_value_problem(value):
            problem = f"JASM_SECRET_LABELS has {shown(f'{name}{sign}{value}')}"
            advice = "write labels that are not JASM's own as NAME=VALUE, with commas between"
            raise InvalidSetup(problem, advice)
    return tuple((name, value) for name, _, value in pairs)


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name) or str(default)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise InvalidSetup(f"{name} is {text!r}", "set it to seconds, such as 60 or 0.5")
    return seconds
