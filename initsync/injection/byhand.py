"""The injector's container for a pod whose team opts out: written into its manifest instead.

The same patch, without what only the injector's own pods have. Pure.
"""

from collections.abc import Mapping
from typing import Any

from initsync.injection import patch
from initsync.injection.patch import Injection, Operation
from initsync.injection.settings import InjectionSettings
from initsync.words import keys

__all__ = ["Injection", "by_hand"]

_INJECT = {"op": "add", "path": patch.annotation_path(keys.INJECT), "value": "false"}
_CONTAINERS = "/spec/initContainers"


def by_hand(pod: Mapping[str, Any], settings: InjectionSettings) -> Injection:
    """The patch that puts `jasm-init` into a pod or pod template, and keeps the injector away."""
    metadata = dict(pod["metadata"])
    for part in ("annotations", "labels"):
        said = metadata.get(part) or {}
        metadata[part] = {name: text for name, text in said.items() if name != keys.INJECT}
    done = patch.inject({**pod, "metadata": metadata}, "", settings)
    if not done.operations:
        return done
    operations = [*sorted(_kept(done.operations), key=_last), _INJECT]
    return done._replace(operations=operations)


def _kept(operations: list[Operation]) -> list[Operation]:
    return [found for found in operations if found["path"] != patch.annotation_path(keys.INJECTED)]


def _last(operation: Operation) -> bool:
    """Containers stand before volumes, as people write them."""
    return not operation["path"].startswith(_CONTAINERS)
