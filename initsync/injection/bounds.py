"""How much of a pod is looked at, and how long an answer may be.

A pod comes here before the API server validates it, so it may hold whatever fits into a request of
3 MiB, many times what any node could run. Each bound is far above what pods have, and counted
before anything is made of what it counts. Policy mode has the same
(deploy/chart/jasm/templates/_policy-bounds.tpl).
"""

from collections.abc import Iterator, Mapping
from itertools import chain, product
from typing import Any

from initsync.kube import podfields
from initsync.words import keys, rules

SMALL = 28_000
"""Bytes of a review in which nothing can be beyond its bound: 2,000 of `{"secret":{}},`."""
ANSWER = 1_000_000
"""Characters of a patch in an answer: all of it stays below 1 MiB. A patch has some 4,000."""

MOST = {
    # The API server takes 262,144 bytes of them all together.
    "annotations": 5000,
    "characters in annotations": rules.ANNOTATION_LIMIT,
    # A cluster is made for 300,000, a node for 110 pods of some two each:
    # https://kubernetes.io/docs/setup/best-practices/cluster-large/
    "containers, init containers included": 1000,
    # Each is a mount, and the kubelet reads the table of all mounts for each.
    "volumes": 2000,
    "sources in projected volumes": 2000,
    "items of Secrets in volumes": 10_000,
    # A policy's copy of the pod costs the API server more for each than they cost it themselves.
    "imagePullSecrets, tolerations, hostAliases and finalizers": 10_000,
    # Of 40,000 where an identity of AWS's is looked for the policy takes the API server 6 s.
    "variables of containers": 5000,
    # Pods that carry voice and video name ranges of ports, such as all of 49152 to 65535.
    "arguments, ports, mounts and envFrom of containers": 40_000,
    # What jasm-wait waits for it is told by its environment, of which Linux takes 128 KiB a
    # variable (MAX_ARG_STRLEN, execve(2)).
    "characters in items of Secrets in volumes": 131_072,
    # A DNS label, as for the API server. It comes into the patch once for each source.
    "characters in the name of a volume": 63,
}
"""The most of each thing that is counted, in the order of counting."""

_PARTS = ("command", "args", "ports", "volumeMounts", "envFrom")


def problem(pod: Mapping[str, Any]) -> str:
    """What a pod that asks for a secret has too much of, as a sentence; empty where nothing."""
    if not podfields.asks(pod):
        return ""
    for (what, most), count in zip(MOST.items(), _counts(pod), strict=True):
        if count > most:
            return _told(count, what, most)
    return ""


def answer_problem(patch: str) -> str:
    """The bound that a patch breaks as an answer carries it, or an empty text."""
    return _told(len(patch), "characters of patch", ANSWER) if len(patch) > ANSWER else ""


def _told(count: int, what: str, most: int) -> str:
    return (
        f"{keys.CONTAINER} is not injected into a pod of so many parts: {count} {what}, and {most} "
        f'are the most. Make it smaller, or annotate it {keys.INJECT}: "false"'
    )


def _counts(pod: Mapping[str, Any]) -> Iterator[int]:
    """As in MOST, one after the other: each meets only what those before it have let through."""
    spec, annotations = pod["spec"], pod["metadata"]["annotations"]
    yield len(annotations)
    yield sum(map(len, chain(annotations, annotations.values())))
    yield sum(len(spec.get(part) or ()) for part in ("containers", "initContainers"))
    volumes = spec.get("volumes") or ()
    yield len(volumes)
    sources = [(volume.get("projected") or {}).get("sources") or () for volume in volumes]
    yield sum(map(len, sources))
    secrets = [source.get("secret") or {} for source in chain(volumes, *sources)]
    items = [secret.get("items") or () for secret in secrets]
    yield sum(map(len, items))
    others = [spec.get(part) or () for part in ("imagePullSecrets", "tolerations", "hostAliases")]
    yield sum(map(len, [*others, pod["metadata"].get("finalizers") or ()]))
    yield sum(len(container.get("env") or ()) for container in podfields.containers(spec))
    parts = product(podfields.containers(spec), _PARTS)
    yield sum(len(container.get(part) or ()) for container, part in parts)
    yield sum(len(item["key"]) + len(item["path"]) for some in items for item in some)
    yield max((len(volume["name"]) for volume in volumes), default=0)
