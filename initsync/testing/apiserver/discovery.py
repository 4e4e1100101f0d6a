"""What the embedded API serves, told as kubectl asks for it: versions, groups, resources. Pure.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from collections.abc import Callable, Iterable

from initsync.testing.apiserver.resources import Resource, served
from initsync.words.model import JsonObject

VERSION = "v1.37.2"
"""The version of the API server whose answers the embedded one gives."""
_VERBS = ["create", "delete", "get", "list", "patch", "update"]
_SHORT = {
    **{"pods": "po", "events": "ev", "namespaces": "ns", "serviceaccounts": "sa"},
    **{"configmaps": "cm", "deployments": "deploy", "replicasets": "rs", "statefulsets": "sts"},
    **{"daemonsets": "ds", "cronjobs": "cj", "ingresses": "ing", "replicationcontrollers": "rc"},
}


def answer(path: str) -> JsonObject | None:
    """The document at a URL's path; None where there is none."""
    if found := _FIXED.get(path.rstrip("/")):
        return found()
    match path.strip("/").split("/"):
        case ["api", "v1"]:
            return _resources("v1", served(""))
        case ["apis", group] if served(group) and group:
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
        case ["apis", group, "v1"] if served(group) and group:
            return _resources(f"{group}/v1", served(group))
    return None


def _version() -> JsonObject:
    major, minor, _ = VERSION.removeprefix("v").split(".")
    return {"major": major, "minor": minor, "gitVersion": f"{VERSION}+embedded"}


def _core() -> JsonObject:
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def _groups() -> JsonObject:
    names = sorted({resource.group for resource in served(None)} - {""})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(it) for it in names]}


def _group(name: str) -> JsonObject:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(group_version: str, found: Iterable[Resource]) -> JsonObject:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": [_resource(it) for it in found],
    }


def _resource(found: Resource) -> JsonObject:
    short = {"shortNames": [_SHORT[found.plural]]} if found.plural in _SHORT else {}
    return {
        "name": found.plural,
        "singularName": found.kind.lower(),
        "namespaced": found.namespaced,
        "kind": found.kind,
        "verbs": _VERBS,
        **short,
    }


_FIXED: dict[str, Callable[[], JsonObject]] = {
    "/version": _version,
    "/api": _core,
    "/apis": _groups,
}
