"""The part of a pod that its patch depends on, as bytes: the same for all pods of a Deployment.

Left out is what no module of the injector reads, and what differs from pod to pod, such as the
name of the ServiceAccount plugin's volume. `tests/injector/webhook/test_facts.py` holds that the
patch of the facts is the patch of the pod.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson

from initsync.injection import container, eligible, identity, limitrange, nodesystem, webhooks
from initsync.kube import reach, references
from initsync.words import keys

_SPEC = ("restartPolicy", "resources", "imagePullSecrets")
_OTHERS = (eligible.MIRROR, *webhooks.ANNOTATIONS, limitrange.ANNOTATION)
_CONTAINER = ("name", "image", "restartPolicy", "resources", "ports", "envFrom")
_NAMES = (
    *(container.PODINFO_VOLUME, container.TOKEN_VOLUME, container.HANDOVER_VOLUME),
    container.WAIT_VOLUME,
    *webhooks.VOLUMES,
)


def of(pod: Mapping[str, Any]) -> bytes:
    """JSON of a smaller pod. Fails in many ways where the pod is not of a pod's form."""
    metadata, spec = pod["metadata"], pod["spec"]
    annotations, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    if keys.ON_CHANGE in annotations:
        return _whole(pod)
    small = _picked(spec, _SPEC)
    small["volumes"] = [_volume(found) for found in spec.get("volumes") or []]
    small["containers"] = [_container(found) for found in spec.get("containers") or []]
    shown = {found["name"] for found in small["volumes"]}
    initial = spec.get("initContainers") or []
    small["initContainers"] = [_container(found, shown) for found in initial]
    small["securityContext"] = _picked(spec.get("securityContext") or {}, ("runAsUser",))
    small["os"] = {"name": "windows"} if nodesystem.is_windows(spec) else None
    named = {name: text for name, text in annotations.items() if _read(name)}
    about = {"annotations": named, "labels": _picked(labels, (keys.INJECT, *webhooks.LABELS))}
    return orjson.dumps({"metadata": about, "spec": small})


def _whole(pod: Mapping[str, Any]) -> bytes:
    """The facts of the few pods whose users, ports, mounts and owners matter: all that could."""
    owners = [{"controller": True}] if reach.controlled(pod) else []
    metadata = _picked(pod["metadata"], ("annotations", "labels")) | {"ownerReferences": owners}
    return orjson.dumps({"metadata": metadata, "spec": pod["spec"]})


def _read(annotation: str) -> bool:
    return annotation.startswith(keys.PREFIX) or annotation in _OTHERS


def _container(found: Mapping[str, Any], shown: Collection[str] = ()) -> dict[str, Any]:
    """`shown` are volumes of which it matters that an init container mounts them."""
    small = _picked(found, _CONTAINER)
    env, mounts = found.get("env") or (), found.get("volumeMounts") or ()
    ours = [it for it in mounts if it["name"].startswith(_NAMES)]
    names = webhooks.ENV if ours else ()
    small["env"] = [it for it in env if "valueFrom" in it or it["name"] in names]
    if shown:
        mounted = (it["name"] for it in mounts if not it["name"].startswith(_NAMES))
        ours += [{"name": name} for name in dict.fromkeys(mounted) if name in shown]
    small["volumeMounts"] = ours
    return small


def _volume(found: Mapping[str, Any]) -> dict[str, Any]:
    """All that takes from a Secret, the path of a cloud's token (the rest may differ from
    pod to pod); of others only a name that one of ours could have had."""
    if not found.keys() <= references.PLAIN:
        return dict(found)
    sources = (found.get("projected") or {}).get("sources") or []
    if found.get("secret") or any(source.get("secret") for source in sources):
        return _picked(found, ("name", "secret", "projected"))
    name = found["name"] if found["name"].startswith(_NAMES) else ""
    if not any(kind.has(name) for kind in webhooks.KINDS):
        return {"name": name}
    token = {"serviceAccountToken": {"path": identity.token(found), "audience": "some"}}
    return {"name": name, "projected": {"sources": [token]}}


def _picked(found: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    there = found.keys()  # only a mapping has them
    return {name: found[name] for name in names if name in there}
