"""What comes with a Secret that was handed over to JASM: who ends it, and what it still says. Pure.

No good sync loads this: it happens once to a Secret.
"""

from initsync.words.model import JsonObject

_LAST = "kubectl.kubernetes.io/last-applied-configuration"
_OWNERS = 3


def note(existing: JsonObject) -> str:
    """The Event's note on a Secret, as it was before its adoption."""
    metadata = existing["metadata"]
    owners = [f"{it['kind']} {it['name']}" for it in metadata.get("ownerReferences") or []]
    said = ["taken over"]
    if owners:
        said.append(f"it goes with {', '.join(owners[:_OWNERS])} (ownerReferences)")
    if _LAST in (metadata.get("annotations") or {}):
        said.append(f"its annotation {_LAST} has what it held in plain text: remove that")
    return "; ".join(said)
