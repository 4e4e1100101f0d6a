"""Whether a pod can do what its `on-change` asks for, and what its author should hear of it. Pure.

https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from initsync.annotation import onchange
from initsync.annotation.onchange import Action
from initsync.kube import references
from initsync.words import keys
from initsync.words.errors import AnnotationError

_OURS = (keys.CONTAINER, keys.WAITER)
_ENDING = ("INT", "QUIT", "TERM")
"""Signals after which the kubelet starts the container anew, with the variables of then."""
_Container = Mapping[str, Any]


def problem(pod: Mapping[str, Any], user: int | None) -> AnnotationError | None:
    """Why the pod cannot do what its valid annotation asks for; None where it can.

    `user`: the UID of `jasm-init` in it; None: not known.
    """
    if not (text := _annotations(pod).get(keys.ON_CHANGE)):
        return None
    found = next(_problems(pod, onchange.parse(text), user), "")
    return onchange.refused(found) if found else None


def controlled(pod: Mapping[str, Any]) -> bool:
    """Whether a controller makes another pod in place of one that is gone.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
    """
    return any(owner.get("controller") for owner in pod["metadata"].get("ownerReferences") or [])


def warnings(pod: Mapping[str, Any], secrets: Collection[str]) -> Iterator[str]:
    """Sentences of what the pod can do and that may be no use; `secrets` are those it asks for."""
    annotations = _annotations(pod)
    action = onchange.parse(text) if (text := annotations.get(keys.ON_CHANGE)) else None
    if keys.CHANGE_WINDOW in annotations and (action is None or action.kind != onchange.EVICT):
        yield f"annotation {keys.CHANGE_WINDOW} is ignored: it is for {keys.ON_CHANGE}: evict"
    if action is None or action.kind == onchange.EVICT or action.signal in _ENDING:
        return
    if action.kind == onchange.HTTP and action.port not in _ports(pod["spec"]):
        yield (
            f"annotation {keys.ON_CHANGE}: no container names containerPort {action.port}, so "
            "perhaps none listens there. Name it, or correct the URL"
        )
    if not _shown(pod["spec"], secrets):
        yield (
            f"annotation {keys.ON_CHANGE}: the app cannot read a new value: no container mounts a "
            "volume of the Secret without subPath, and env stays as it was when the container "
            "started. Mount one, or choose evict"
        )


def _problems(pod: Mapping[str, Any], action: Action, user: int | None) -> Iterator[str]:
    if _annotations(pod).get(keys.MODE) != keys.SIDECAR:
        yield onchange.NO_SIDECAR
    if action.kind == onchange.EVICT and not controlled(pod):
        yield onchange.NO_CONTROLLER
    if action.kind == onchange.SIGNAL:
        yield from _unsignalled(pod["spec"], action, user)


def _unsignalled(spec: Mapping[str, Any], action: Action, user: int | None) -> Iterator[str]:
    """A signal goes to processes of the same user only: jasm-init has no capability.

    https://man7.org/linux/man-pages/man2/kill.2.html
    """
    apps = list(_running(spec))
    if spec.get("shareProcessNamespace") is not True:
        yield onchange.NOT_SHARED
    if not action.process and len(apps) != 1:
        yield (
            f"the pod has {len(apps)} containers beside jasm-init, so say whom the signal is for: "
            f"signal:{action.signal}:PROCESS"
        )
    users = {_user(spec, found) for found in apps}
    if user is None or None in users or user in users:
        return
    others = sorted(it for it in users if it)
    if not others:
        yield "the app runs as root, and jasm-init never does: its signal would be refused"
    else:
        yield (
            f"jasm-init runs as user {user} and the app as {others[0]}, so its signal would be "
            f'refused: annotate the pod {keys.RUN_AS_USER}: "{others[0]}"'
        )


def _running(spec: Mapping[str, Any]) -> Iterator[_Container]:
    """The containers that run beside ours."""
    yield from spec.get("containers") or []
    for found in spec.get("initContainers") or []:
        if found.get("restartPolicy") == "Always" and found["name"] not in _OURS:
            yield found


def _user(spec: Mapping[str, Any], container: _Container) -> int | None:
    """The UID that the spec gives the container; None: that of its image."""
    own = (container.get("securityContext") or {}).get("runAsUser")
    of_pod = (spec.get("securityContext") or {}).get("runAsUser")
    found: int | None = of_pod if own is None else own
    return found


def _ports(spec: Mapping[str, Any]) -> set[int]:
    """The ports that the containers name; they may listen on others, too.

    https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
    """
    return {
        port.get("containerPort") for found in _running(spec) for port in found.get("ports") or []
    }


def _shown(spec: Mapping[str, Any], secrets: Collection[str]) -> bool:
    """Whether a running container sees a volume of the Secrets as it changes.

    https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
    """
    volumes: Sequence[_Container] = spec.get("volumes") or []
    of_secret = {it["name"] for it in volumes if _takes(references.of_volume(it), secrets)}
    mounts = (mount for found in _running(spec) for mount in found.get("volumeMounts") or [])
    return any(
        it["name"] in of_secret and not it.get("subPath") and not it.get("subPathExpr")
        for it in mounts
    )


def _takes(found: Iterable[references.Reference], secrets: Collection[str]) -> bool:
    return any(one.secret in secrets for one in found)


def _annotations(pod: Mapping[str, Any]) -> Mapping[str, str]:
    return pod["metadata"].get("annotations") or {}
