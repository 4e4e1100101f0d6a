"""What stands in a pod for `jasm-init`: its variables, and what volumes bring to a path of it."""

import os.path
from collections.abc import Iterator, Mapping
from typing import Any

from initsync.kube import podfields
from initsync.words.model import JsonObject


def environment(pod: JsonObject) -> dict[str, str]:
    """By name; references to elsewhere are empty."""
    return podfields.variables(podfields.ours(pod) or {})


def parts(pod: JsonObject, path: str, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Sources of a kind in volumes that are mounted around `path`, with its path in them."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    for mount in (podfields.ours(pod) or {}).get("volumeMounts") or []:
        at = mount["mountPath"].rstrip("/")
        if path.startswith(f"{at}/"):
            volume = volumes.get(mount["name"]) or {}
            found = (volume.get("projected") or {}).get("sources") or [volume]
            yield from ((os.path.relpath(path, at), it[kind]) for it in found if it.get(kind))


def audience(pod: JsonObject, path: str) -> str | None:
    """Of the ServiceAccount's token there: empty, if it is for the API server; None without one."""
    tokens = parts(pod, path, "serviceAccountToken")
    return next((it.get("audience") or "" for at, it in tokens if it.get("path") == at), None)
