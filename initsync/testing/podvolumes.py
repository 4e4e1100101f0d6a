"""The files in a pod's volumes, as a kubelet would project them; no disk is touched here.

https://kubernetes.io/docs/concepts/storage/projected-volumes/
"""

import base64
import re
from collections.abc import Iterable

from initsync.testing.client import Refused
from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject

Files = dict[str, bytes]
"""The contents of files by their relative path."""

_KEYED = re.compile(r"metadata\.(annotations|labels)\['(.+)'\]")


class UnsupportedPod(Exception):
    """The pod asks for what this stand-in for a kubelet does not do; the sentence names it."""


def field(pod: JsonObject, path: str, node: str = "") -> str:
    """A downward-API field; a missing annotation or label is "" (as measured on a kubelet)."""
    metadata, spec = pod["metadata"], pod["spec"]
    if keyed := _KEYED.fullmatch(path):
        return str((metadata.get(keyed[1]) or {}).get(keyed[2], ""))
    match path:
        case "metadata.name" | "metadata.namespace" | "metadata.uid":
            return str(metadata[path.partition(".")[2]])
        case "spec.serviceAccountName":
            return str(spec["serviceAccountName"])
        case "spec.nodeName":
            return node
        case "status.podIP" | "status.hostIP":
            return "127.0.0.1"
    raise UnsupportedPod(f"the downward-API field {path} is not supported here")


def volume_files(api: ApiServer, pod: JsonObject, volume: JsonObject) -> Files:
    """What is in one volume of a stored pod now.

    Raises UnsupportedPod, and Refused where a ConfigMap or Secret is missing and not optional.
    """
    if "emptyDir" in volume:
        return {}
    if "downwardAPI" in volume:
        return _downward(pod, volume["downwardAPI"])
    if "configMap" in volume:
        return _keyed(api, pod, "ConfigMap", volume["configMap"])
    if "secret" in volume:
        source = volume["secret"]
        return _keyed(api, pod, "Secret", source | {"name": source["secretName"]})
    if "projected" in volume:
        sources = volume["projected"]["sources"]
        return _combined(_source(api, pod, source) for source in sources)
    kinds = ", ".join(sorted(volume.keys() - {"name"}))
    raise UnsupportedPod(f"volume {volume['name']} is of a kind not supported here: {kinds}")


def _source(api: ApiServer, pod: JsonObject, source: JsonObject) -> Files:
    match source:
        case {"serviceAccountToken": wish}:
            return {wish["path"]: token(api, pod, wish).encode()}
        case {"configMap": wish}:
            return _keyed(api, pod, "ConfigMap", wish)
        case {"secret": wish}:
            return _keyed(api, pod, "Secret", wish)
        case {"downwardAPI": wish}:
            return _downward(pod, wish)
    raise UnsupportedPod(f"the projected source {', '.join(source)} is not supported here")


def token(api: ApiServer, pod: JsonObject, wish: JsonObject) -> str:
    """The pod's own token, bound to it, as its `serviceAccountToken` source wants it."""
    return api.create_token(
        pod["metadata"]["namespace"],
        pod["spec"]["serviceAccountName"],
        audience=wish.get("audience"),
        pod=pod,
        seconds=wish.get("expirationSeconds", 3600),
    )


def _downward(pod: JsonObject, wish: JsonObject) -> Files:
    return {
        item["path"]: field(pod, item["fieldRef"]["fieldPath"]).encode()
        for item in wish.get("items") or []
    }


def _keyed(api: ApiServer, pod: JsonObject, kind: str, wish: JsonObject) -> Files:
    metadata = {"name": wish["name"], "namespace": pod["metadata"]["namespace"]}
    try:
        stored = api.get({"apiVersion": "v1", "kind": kind, "metadata": metadata})
    except Refused as error:
        if error.answer.status == 404 and wish.get("optional"):
            return {}
        raise
    data = stored.get("data") or {}
    read = base64.b64decode if kind == "Secret" else str.encode
    paths = {item["key"]: item["path"] for item in wish.get("items") or []}
    if missing := paths.keys() - data.keys() if not wish.get("optional") else None:
        raise UnsupportedPod(f"references non-existent key of {kind} {wish['name']}: {missing}")
    return {
        paths.get(key, key): read(value) for key, value in data.items() if not paths or key in paths
    }


def _combined(parts: Iterable[Files]) -> Files:
    files: Files = {}
    for part in parts:
        files |= part
    return files
