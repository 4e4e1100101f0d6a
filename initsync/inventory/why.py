"""Why a pod that asks for a secret was not injected. Pure: what the API server stores in."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from initsync.injection import eligible
from initsync.kube import selectors
from initsync.kube.selectors import Requirement
from initsync.words import keys
from initsync.words.model import JsonObject

_ENTRY = "injector.jasm.codnod.io"
_NAME = "kubernetes.io/metadata.name"
"""The label that the API server puts on every namespace."""
# JASM's own conditions: what they ask of a pod is in `eligible`.
_OWN = {
    *("asks-for-a-secret", "not-opted-out", "not-injected-yet"),
    *("no-mirror-pod", "not-written-by-hand", "names-not-taken", "not-windows"),
}

Labels = Mapping[str, str] | None
"""Of a namespace; None where they were not read."""


class Injecting(NamedTuple):
    """A webhook or a policy by which new pods are injected, and which pods it is for."""

    title: str
    namespaces: tuple[Requirement, ...]
    pods: tuple[Requirement, ...]
    conditions: tuple[str, ...]
    """The names of those in CEL that are not JASM's own."""

    def leaves_out(self, pod: JsonObject, namespace: Labels) -> str:
        """By which selector the pod is left out; empty where by none that is known."""
        metadata = pod["metadata"]
        known = {_NAME: metadata["namespace"], **(namespace or {})}
        for one in self.namespaces:
            if not one.holds(known) and (namespace is not None or one.key == _NAME):
                return f"the namespaceSelector of {self.title} leaves out its namespace: {one}"
        for one in self.pods:
            if not one.holds(metadata.get("labels") or {}):
                return f"the objectSelector of {self.title} leaves it out: {one}"
        return ""


def webhooks(found: Iterable[JsonObject]) -> list[JsonObject]:
    """JASM's own among MutatingWebhookConfigurations, each with JASM's entries alone."""
    ours = (
        one | {"webhooks": [hook for hook in one.get("webhooks") or [] if _is_entry(hook)]}
        for one in found
    )
    return [one for one in ours if one["webhooks"]]


def _is_entry(hook: Mapping[str, Any]) -> bool:
    name = str(hook.get("name"))
    return name == _ENTRY or name.endswith(f".{_ENTRY}")


def injecting(hooks: Iterable[JsonObject], policies: Iterable[JsonObject]) -> list[Injecting]:
    """All of a cluster. Of a webhook's entries the last counts; the others are earlier tries."""
    return [
        *(_of("MutatingWebhookConfiguration", one, one["webhooks"][-1]) for one in hooks),
        *(_of("MutatingAdmissionPolicy", one, _flat(one["spec"])) for one in policies),
    ]


def _flat(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {**spec, **(spec.get("matchConstraints") or {})}


def _of(kind: str, found: JsonObject, match: Mapping[str, Any]) -> Injecting:
    conditions = (one["name"] for one in match.get("matchConditions") or [])
    return Injecting(
        f"{kind} {found['metadata']['name']}",
        tuple(selectors.requirements(match.get("namespaceSelector"))),
        tuple(selectors.requirements(match.get("objectSelector"))),
        tuple(name for name in conditions if name not in _OWN),
    )


_IN_POD = {
    "opted out": f"it opts out ({keys.INJECT}) and has no {keys.CONTAINER} of its own",
    "mirror pod": "it mirrors a static pod, which no API server can change: make it a DaemonSet's",
    "name taken": f"a container of it is called {keys.CONTAINER} or {keys.WAITER}: rename that one",
    "windows": f"it is a Windows pod, where {keys.CONTAINER} does not run",
}


def why(pod: JsonObject, namespace: Labels, known: Sequence[Injecting] | None) -> str:
    """What keeps the injector from a pod; `known` is all that injects, None where not read."""
    if said := _IN_POD.get(eligible.skip_reason(pod, image="")):
        return said
    if (namespace or {}).get(keys.NAMESPACE_LABEL) == "disabled":
        return f"its namespace opts out (label {keys.NAMESPACE_LABEL})"
    if known is None:
        excluded = pod["metadata"]["namespace"] in keys.EXCLUDED_NAMESPACES
        return "pods of its namespace are never injected" if excluded else _UNSEEN
    if not known:
        return "nothing injects pods: install JASM, or write the container into the pod"
    reasons = [one.leaves_out(pod, namespace) for one in known]
    if all(reasons):
        return reasons[0]
    conditions = [name for one in known for name in one.conditions]
    if not conditions:
        return _UNSEEN
    return f"{_UNSEEN}; if it stays so, a matchCondition leaves it out: {', '.join(conditions)}"


_UNSEEN = "the injector did not see it: delete it, so that it is created again"
