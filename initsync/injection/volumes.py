"""A pod's volumes that show the synced Secret (D25).

The kubelet waits for a Secret volume before any container, so for ever, for the one that is to
make the Secret; optional it does not wait, but may show nothing yet. Hence both: marked optional,
and waited for by `jasm-wait` once the Secret is there.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple


class Shown(NamedTuple):
    """One place in a pod's spec where a volume takes from the Secret."""

    volume: str
    path: str
    """The source's path in the pod, as a JSON Pointer."""
    secret: str
    items: tuple[tuple[str, str], ...]
    """Keys, each with its path in the volume; none: every key under its own name."""
    optional: bool


def showing(pod: Mapping[str, Any], secrets: Collection[str] | None) -> Iterator[Shown]:
    """Every place that takes from one of `secrets`; None: from any."""
    for index, volume in enumerate(pod["spec"].get("volumes") or []):
        place = f"/spec/volumes/{index}"
        own = volume.get("secret") or {}
        if own and (secrets is None or own.get("secretName") in secrets):
            yield _shown(volume["name"], f"{place}/secret", own.get("secretName"), own)
        sources = (volume.get("projected") or {}).get("sources") or []
        for number, source in enumerate(sources):
            projected = source.get("secret") or {}
            if projected and (secrets is None or projected.get("name") in secrets):
                path = f"{place}/projected/sources/{number}/secret"
                yield _shown(volume["name"], path, projected.get("name"), projected)


def _shown(volume: str, path: str, secret: str | None, source: Mapping[str, Any]) -> Shown:
    items = tuple((item["key"], item["path"]) for item in source.get("items") or [])
    return Shown(volume, path, secret or "", items, bool(source.get("optional")))
