"""ConfigMaps that the kubelet waits for before it starts `jasm-init`, however long that is. Pure.

https://kubernetes.io/docs/concepts/configuration/configmap/#optional-configmaps
"""

from collections.abc import Callable, Iterator

from initsync.doctor import mounted
from initsync.doctor.result import Result, Stored, Unread, failed, ok
from initsync.words import keys
from initsync.words.model import JsonObject

_CLUSTERS = "kube-root-ca.crt"  # every namespace has it, by the controller manager


def checks(pod: JsonObject, read: Callable[[str], Stored]) -> Iterator[Result]:
    """A line for each that volumes of `jasm-init` need, such as the platform's; `read` by name."""
    needed: dict[str, set[str]] = {}
    for _, source in mounted.sources(pod):
        found = source.get("configMap") or {}
        if found.get("name", _CLUSTERS) != _CLUSTERS and not found.get("optional"):
            named = {item["key"] for item in found.get("items") or []}
            needed.setdefault(found["name"], set()).update(named)
    for name, named in needed.items():
        yield _check(f"ConfigMap {pod['metadata']['namespace']}/{name}", named, read(name))


def _check(name: str, needed: set[str], stored: Stored) -> Result:
    if isinstance(stored, Unread):
        return stored.result("configmap")
    there = {**((stored or {}).get("data") or {}), **((stored or {}).get("binaryData") or {})}
    lacking = ", ".join(sorted(needed - there.keys()))
    if stored is not None and not lacking:
        return ok("configmap", f"{name} is there")
    said = f"{name} has no key {lacking}" if stored is not None else f"there is no {name}"
    waits = f"{said}, and the kubelet does not start {keys.CONTAINER} without it"
    return failed(
        "configmap",
        waits,
        "create it there: the chart's injection.* names it, or a cloud's webhook",
        2,
    )
