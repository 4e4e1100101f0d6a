"""Room in a Secret that somebody filled: one manifest of what others may say, and of ours.

No good sync loads this. Whoever may write the Secret, as a pod's stolen token may, can fill it with
keys, annotations and owners of fields of their own until applying ours to it goes beyond a limit.
"""

from initsync.sync import secret
from initsync.words.errors import ClusterTooLarge
from initsync.words.model import JsonObject

_NAMED = 3


def whole(existing: JsonObject, wanted: JsonObject) -> JsonObject:
    """`wanted` at the version of `existing`, with the labels and annotations that others gave."""
    said = secret.of_others(existing)
    metadata = wanted["metadata"] | {
        part: others | wanted["metadata"][part] for part, others in said.items()
    }
    metadata["resourceVersion"] = existing["metadata"]["resourceVersion"]
    return wanted | {"metadata": metadata}


def explained(error: ClusterTooLarge, existing: JsonObject) -> ClusterTooLarge:
    """The failure with what is not ours to take out, and what to do."""
    others = {
        name: len(name) + len(value.encode(errors="replace"))
        for said in secret.of_others(existing).values()
        for name, value in said.items()
    }
    largest = ", ".join(sorted(others, key=lambda name: -others[name])[:_NAMED])
    taken = f"labels and annotations of others take {sum(others.values())} bytes, most by {largest}"
    advice = f"{taken}: remove some of them, or name another secretName" if others else error.advice
    return ClusterTooLarge(error.action, error.detail, advice)
