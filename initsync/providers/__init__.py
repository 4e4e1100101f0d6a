"""Where secrets come from: a provider is a file here and a line in this table (D16)."""

import importlib
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:  # a sync needs no types
    from initsync.providers.interface import PathRule, ProviderClass


class Modules(NamedTuple):
    """What a provider consists of, by the names of modules, imported when they are needed."""

    provider: str
    """It has the class `Provider`; only a sync and people's commands import it."""
    paths: str
    """It has `problem`, may have `version_problem`, and has no I/O: the injector and
    `initsync check` import it."""


PROVIDERS = {
    "aws-secretsmanager": Modules(
        "initsync.providers.aws.secretsmanager", "initsync.providers.aws.paths"
    ),
}
"""By the annotation's `provider`."""


def names() -> tuple[str, ...]:
    """The supported providers, in alphabetical order."""
    return tuple(sorted(PROVIDERS))


def load(name: str) -> "ProviderClass":
    """The class `Provider` of a name from `names()`; nothing else is ever imported."""
    return cast("ProviderClass", importlib.import_module(PROVIDERS[name].provider).Provider)


def check_path(name: str, path: str) -> str | None:
    """The rule of the provider `name` that `path` breaks, as "must …", or None. Asks nobody."""
    return _rules(name).problem(path)


def check_version(name: str, version: str) -> str | None:
    """Likewise of an entry's `version`."""
    if problem := getattr(_rules(name), "version_problem", None):
        return cast("str | None", problem(version))
    return f"must be left out: {name} has no versions"


def _rules(name: str) -> "PathRule":
    return cast("PathRule", importlib.import_module(PROVIDERS[name].paths))
