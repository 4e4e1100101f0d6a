"""Why a pod that asks for a secret was not injected. Pure: what the API server stores in."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from initsync.injection import eligible
from initsync.inventory import late
from initsync.inventory.late import Template
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
"""The labels of a namespace; None where they were not read."""


class Injecting(NamedTuple):
    """A webhook or a policy by which new pods are injected, and which pods it is for."""

    title: str
    namespaces: tuple[Requirement, ...]
    pods: tuple[Requirement, ...]
    conditions: tuple[str, ...]
    """The names of those in CEL that are not JASM's own."""
    behind: tuple[str, ...] = ()
    """Other webhook configurations for pods, which API servers call after it."""

    def leaves_out(self, pod: JsonObject, namespace: Labels) -> str:
        """The selector that leaves the pod out; empty where none that is known does."""
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


def others(found: Iterable[JsonObject]) -> list[str]:
    """The names of those that are sent new pods too, and are not JASM's."""
    every = list(found)
    own = {one["metadata"]["name"] for one in webhooks(every)} | {_AWS}
    return [
        one["metadata"]["name"]
        for one in every
        if one["metadata"]["name"] not in own and any(map(_of_pods, one.get("webhooks") or []))
    ]


_AWS = "pod-identity-webhook"
"""AWS's pod identity webhook, which writes no annotation."""


def _of_pods(hook: Mapping[str, Any]) -> bool:
    return any(
        {"", "*"} & set(rule.get("apiGroups") or [])
        and {"pods", "*", "*/*"} & set(rule.get("resources") or [])
        and {"CREATE", "*"} & set(rule.get("operations") or [])
        for rule in hook.get("rules") or []
    )


def _is_entry(hook: Mapping[str, Any]) -> bool:
    name = str(hook.get("name"))
    return name == _ENTRY or name.endswith(f".{_ENTRY}")


def injecting(
    hooks: Iterable[JsonObject], policies: Iterable[JsonObject], beside: Sequence[str] = ()
) -> list[Injecting]:
    """All of a cluster. Of a webhook's entries the last counts; the others are earlier tries.

    `beside`: other webhook configurations for pods. API servers ask all policies before those.
    """
    return [
        *(_of(_WEBHOOK, one, one["webhooks"][-1], beside) for one in hooks),
        *(_of("MutatingAdmissionPolicy", one, _flat(one["spec"]), beside) for one in policies),
    ]


_WEBHOOK = "MutatingWebhookConfiguration"


def _flat(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {**spec, **(spec.get("matchConstraints") or {})}


def _of(kind: str, found: JsonObject, match: Mapping[str, Any], beside: Sequence[str]) -> Injecting:
    name = found["metadata"]["name"]
    conditions = (one["name"] for one in match.get("matchConditions") or [])
    return Injecting(
        f"{kind} {name}",
        tuple(selectors.requirements(match.get("namespaceSelector"))),
        tuple(selectors.requirements(match.get("objectSelector"))),
        tuple(condition for condition in conditions if condition not in _OWN),
        tuple(sorted(other for other in beside if kind != _WEBHOOK or other > name)),
    )


_IN_POD = {
    "opted out": f"it opts out ({keys.INJECT}) and has no {keys.CONTAINER} of its own",
    "mirror pod": "it mirrors a static pod, which no API server can change: make it a DaemonSet's",
    "name taken": f"a container of it is called {keys.CONTAINER} or {keys.WAITER}: rename that one",
    "windows": f"it is a Windows pod, where {keys.CONTAINER} does not run",
}


def why(
    pod: JsonObject,
    namespace: Labels,
    known: Sequence[Injecting] | None,
    made_of: Template | None = None,
) -> str:
    """What keeps the injector from a pod; `known` is all that injects, None where not read.
    `made_of` is the pod's template, where that is known."""
    if said := _IN_POD.get(eligible.skip_reason(pod, image="")):
        return said
    if (namespace or {}).get(keys.NAMESPACE_LABEL) == "disabled":
        return f"its namespace opts out (label {keys.NAMESPACE_LABEL})"
    if known is None:
        excluded = pod["metadata"]["namespace"] in keys.EXCLUDED_NAMESPACES
        return "pods of its namespace are never injected" if excluded else _late(pod, None, made_of)
    if not known:
        return "nothing injects pods: install JASM, or write the container into the pod"
    reasons = [one.leaves_out(pod, namespace) for one in known]
    if all(reasons):
        return reasons[0]
    conditions = [name for one in known for name in one.conditions]
    if not conditions:
        return _late(pod, known, made_of)
    return f"{_UNSEEN}; if it stays so, a matchCondition leaves it out: {', '.join(conditions)}"


_UNSEEN = "the injector did not see it: delete it, so that it is created again"


def _late(pod: JsonObject, known: Sequence[Injecting] | None, made_of: Template | None) -> str:
    """Where the annotation came after JASM was asked, deleting the pod would help nobody."""
    template = f"the pod template of {made_of.title}" if made_of else "what it is made of"
    if manager := late.annotator(pod):
        return f"{manager} annotated it after it was made: put the annotation into {template}"
    names = ", ".join(sorted({name for one in known or () for name in one.behind}))
    if made_of and late.lacks(made_of) and (names or known is None):
        said = f"{template} has no annotation: a webhook gives it, and is called after JASM's"
    elif made_of is None and names:
        said = f"{_UNSEEN}; if it stays so, a webhook that is called after JASM's annotates it"
    else:
        return _UNSEEN
    by_name = known is None or any(one.title.startswith(_WEBHOOK) for one in known)
    named = "name JASM's behind it (webhook.name of the chart: m-jasm-injector), or " * by_name
    return f"{said}{f' ({names})' if names else ''}: {named}put the annotation into {template}"
