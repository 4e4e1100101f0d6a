"""What stands in a pod for `jasm-init`: its variables, and what volumes bring to a path of it."""

import os.path
from collections.abc import Iterator, Mapping
from typing import Any

from initsync.kube import podfields
from initsync.words.model import JsonObject


def environment(pod: JsonObject) -> dict[str, str]:
    """The variables of our container by name; references to elsewhere are empty."""
    return podfields.variables(podfields.ours(pod) or {})


def sources(pod: JsonObject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What its mounted volumes consist of, each with the path of the mount."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    for mount in (podfields.ours(pod) or {}).get("volumeMounts") or []:
        volume = volumes.get(mount["name"]) or {}
        for source in (volume.get("projected") or {}).get("sources") or [volume]:
            yield mount["mountPath"].rstrip("/"), source


def parts(pod: JsonObject, path: str, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Sources of a kind in volumes that are mounted around `path`, with its path in them."""
    for at, source in sources(pod):
        if path.startswith(f"{at}/") and source.get(kind):
            yield os.path.relpath(path, at), source[kind]


def audience(pod: JsonObject, path: str) -> str | None:
    """The audience of the ServiceAccount's token there; empty: the API server; None: no token."""
    tokens = parts(pod, path, "serviceAccountToken")
    return next((it.get("audience") or "" for at, it in tokens if it.get("path") == at), None)
