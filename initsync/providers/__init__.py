"""Where secrets come from: a provider is a file here and a line in this table (D16).

Or it is a Python package of its own, which says so by an entry point of the group `jasm.providers`.
https://packaging.python.org/en/latest/specifications/entry-points/
"""

import importlib
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:  # a sync needs no types
    from collections.abc import Mapping

    from initsync.providers.interface import EntryField, PathRule, ProviderClass


class Modules(NamedTuple):
    """What a provider consists of, by the names of modules, imported when they are needed."""

    provider: str
    """It has the class `Provider`; only a sync and people's commands import it."""
    paths: str
    """It has `problem`, may have `version_problem`, and has no I/O: the injector and
    `initsync check` import it."""


PROVIDERS = {
    "aws-parameter-store": Modules(
        "initsync.providers.aws.parameterstore", "initsync.providers.aws.parameters"
    ),
    "aws-secretsmanager": Modules(
        "initsync.providers.aws.secretsmanager", "initsync.providers.aws.paths"
    ),
    "azure-keyvault": Modules(
        "initsync.providers.azure.keyvault", "initsync.providers.azure.paths"
    ),
    "gcp-secret-manager": Modules(
        "initsync.providers.gcp.secretmanager", "initsync.providers.gcp.paths"
    ),
    "vault": Modules("initsync.providers.vault.kv", "initsync.providers.vault.paths"),
}
"""The modules of each provider, by the annotation's `provider`."""
GROUP = "jasm.providers"
"""The group of entry points by which packages bring providers of their own."""


def names() -> tuple[str, ...]:
    """The supported providers, in alphabetical order."""
    return tuple(sorted({*PROVIDERS, *_installed()}))


def supports(name: str) -> bool:
    """Whether it is one of `names()`. Packages are looked through only where the table lacks it."""
    return name in PROVIDERS or name in _installed()


def load(name: str) -> "ProviderClass":
    """The class `Provider` of a name from `names()`; nothing else is ever imported.

    Raises InvalidSetup for a package that is none, as all that follow.
    """
    found: Any = _imported(name, _modules(name).provider, "Provider")
    return cast("ProviderClass", found.Provider)


def check_path(name: str, path: str) -> str | None:
    """The rule of the provider `name` that `path` breaks, as "must …", or None. Asks nobody."""
    return _rules(name).problem(path)


def check_version(name: str, version: str) -> str | None:
    """The rule that an entry's `version` breaks, as "must …", or None."""
    if problem := getattr(_rules(name), "version_problem", None):
        return cast("str | None", problem(version))
    return f"must be left out: {name} has no versions"


def fields(name: str) -> "Mapping[str, EntryField]":
    """What entries of the provider `name` may have beside the fields of all."""
    return cast("Mapping[str, EntryField]", getattr(_rules(name), "FIELDS", {}))


def _rules(name: str) -> "PathRule":
    return cast("PathRule", _imported(name, _modules(name).paths, "problem"))


def _imported(name: str, module: str, needed: str) -> object:
    """The module of a provider, which has what is needed of it."""
    if name in PROVIDERS:
        return importlib.import_module(module)
    try:
        found = importlib.import_module(module)
        getattr(found, needed)
    except (Exception, SystemExit) as error:  # whatever somebody's package does
        from initsync.words.errors import InvalidSetup
        from initsync.words.wording import shown

        said = shown(str(error)) if isinstance(error, (ImportError, AttributeError)) else ""
        problem = f"{module}, the package of provider {name}, fails at its import"
        problem += f" ({type(error).__name__}{said and f': {said}'})"
        raise InvalidSetup(problem, "mend it, or take it out of this installation") from error
    return found


def _modules(name: str) -> Modules:
    return PROVIDERS[name] if name in PROVIDERS else _installed()[name]


@cache
def _installed() -> "Mapping[str, Modules]":
    """The providers of installed packages, which change with the image only."""
    from importlib import metadata  # 15 ms, which a provider of the table never pays

    found = metadata.entry_points(group=GROUP)
    return {point.name: Modules(point.value, point.value) for point in found}
