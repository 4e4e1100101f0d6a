"""The Secret that is wanted, whether to write it, and what of it is JASM's to say. Pure."""

import base64
from collections.abc import Mapping

from initsync.sync.settings import SyncSettings
from initsync.words import keys
from initsync.words.errors import ClusterUnavailable, NotManaged
from initsync.words.model import OPAQUE, Data, Form, JsonObject, Selection, Target, Value
from initsync.words.times import since_written, timestamp

_MARKED = ("labels", "annotations")
# The API server creates an object applied with this version only if it is still missing: "1" is
# the version of no stored object (D4; tried on 1.30.14 and 1.37.2).
_MISSING = "1"
_NOTHING = (Selection(), Form())
_DIGITS = 16


def secret(
    target: Target,
    data: Data,
    version: str,
    existing: JsonObject | None,
    now: float,
    settings: SyncSettings,
) -> JsonObject:
    """The Secret to apply in place of `existing`, which must not have changed since.

    `version` is the provider's own name of what was read; of several sources one a line.
    """
    form = target.form
    ours = {keys.VERSION: version} if version else {}
    if shape := digest(target):
        ours[keys.SHAPE] = shape
    labels = {keys.MANAGED_BY: settings.managed_by, keys.PROVIDER: target.provider}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": target.secret_name,
            "namespace": target.namespace,
            "resourceVersion": existing["metadata"]["resourceVersion"] if existing else _MISSING,
            "labels": dict(settings.secret_labels) | dict(form.labels) | labels,
            "annotations": dict(form.annotations)
            | {keys.SOURCE_PATH: target.path, keys.SYNCED_AT: timestamp(now), **ours},
        },
        "type": form.type,
        "data": {key: _base64(value) for key, value in data.items()},
    }


def digest(target: Target) -> str:
    """A digest of what the entries say beside provider and path; empty if that is nothing.

    A Secret of the same source and another digest is not what is asked for.
    """
    asked = [(entry.selection, entry.form) for entry in target.entries]
    if all(it == _NOTHING for it in asked):
        return ""
    import hashlib  # here anyway where the provider signs its requests

    return hashlib.sha256(repr(asked).encode(errors="replace")).hexdigest()[:_DIGITS]


def up_to_date(existing: JsonObject, wanted: JsonObject) -> bool:
    """Whether `existing` says all that `wanted` does, time and version of its writing aside.

    A new version of the same value, as a rotation that failed leaves it, is no reason to write.
    """
    return (
        (existing.get("data") or {}) == wanted["data"]
        and _includes(_labels(existing), _labels(wanted))
        and _includes(_annotations(existing), _lasting(wanted))
        and _shape(existing) == _shape(wanted)
    )


def _lasting(wanted: JsonObject) -> dict[str, str]:
    """The annotations, but for those that change with each write."""
    return {
        name: value
        for name, value in _annotations(wanted).items()
        if name not in (keys.SYNCED_AT, keys.VERSION)
    }


def _shape(stored: JsonObject) -> str:
    return _annotations(stored).get(keys.SHAPE, "")


def answers(existing: JsonObject, target: Target) -> bool:
    """Whether a managed Secret was written for such a target, so that it may do as it is."""
    return is_from(existing, target) and _shape(existing) == digest(target)


def is_from(stored: JsonObject, target: Target) -> bool:
    """Whether a managed Secret was last written from the target's sources."""
    said = _labels(stored).get(keys.PROVIDER), _annotations(stored).get(keys.SOURCE_PATH)
    return said == (target.provider, target.path)


def version(stored: JsonObject) -> str:
    """The provider's own name of what a managed Secret holds; empty where there is none."""
    return _annotations(stored).get(keys.VERSION, "")


def versions(stored: JsonObject) -> dict[str, str]:
    """The versions that a managed Secret holds, by source as `SyncRequest.source` names it."""
    path = _annotations(stored).get(keys.SOURCE_PATH, "")
    if "\n" in path:  # of several sources, each with its provider
        return dict(zip(path.split("\n"), version(stored).split("\n"), strict=False))
    return {source(stored): version(stored)}


def unread(stored: JsonObject) -> bool:
    """Whether a stored Secret's data was left out, for it has more keys than we can hold."""
    return "data" in stored and stored["data"] is None


def source(stored: JsonObject) -> str:
    """Provider and path that a managed Secret was last written from, as messages name them."""
    path = _annotations(stored).get(keys.SOURCE_PATH, "")
    if "\n" in path:  # of several sources, each with its provider
        return ", ".join(path.splitlines())
    return f"{_labels(stored).get(keys.PROVIDER, '')} {path}".strip()


def age(stored: JsonObject, now: float) -> float:
    """Seconds since a managed Secret was written; infinite where it does not say, or says a time
    that is yet to come: whoever may write the Secret may write that, too.
    """
    return since_written(_annotations(stored).get(keys.SYNCED_AT, ""), now)


def removal(stored: JsonObject, wanted: JsonObject) -> JsonObject:
    """A merge patch that takes out of `stored` what is JASM's to say and `wanted` does not.

    That is each key, and each label and annotation of JASM's own. Applying removes those that
    nobody else owns; these are the others'. The owner's word `adopt` is not ours.
    """
    have, want = stored["metadata"], wanted["metadata"]
    return {
        "metadata": {
            **{field: have[field] for field in ("name", "namespace", "resourceVersion")},
            **{part: _unwanted(have.get(part) or {}, want[part]) for part in _MARKED},
        },
        "data": dict.fromkeys((stored.get("data") or {}).keys() - wanted["data"].keys()),
    }


def _unwanted(have: Mapping[str, str], want: Mapping[str, str]) -> dict[str, None]:
    return dict.fromkeys(name for name in have if _own(name) and name not in want)


def number(removed: JsonObject) -> int:
    """How much such a patch takes out."""
    return len(removed["data"]) + sum(len(removed["metadata"][part]) for part in _MARKED)


def of_others(stored: JsonObject) -> dict[str, dict[str, str]]:
    """The labels and the annotations that are not JASM's own."""
    return {
        part: {
            name: said
            for name, said in (stored["metadata"].get(part) or {}).items()
            if not _own(name)
        }
        for part in _MARKED
    }


def _own(name: str) -> bool:
    return name == keys.MANAGED_BY or (name.startswith(keys.PREFIX) and name != keys.ADOPT)


def is_managed(existing: JsonObject, *managed_by: str) -> bool:
    """Whether its managed-by label has one of these values."""
    return _labels(existing).get(keys.MANAGED_BY) in managed_by


def refuse_foreign(existing: JsonObject, wanted: str, *managed_by: str) -> None:
    """Raise NotManaged where `existing` is not JASM's to write (D6), or not of the type `wanted`.

    `managed_by` are the label's values by which it is.
    Raises ClusterUnavailable where it is about to go, and another one may be written soon.
    """
    metadata = existing["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    if "deletionTimestamp" in metadata:
        holders = ", ".join(metadata.get("finalizers") or ["none"])
        detail = f"it is being deleted and waits for its finalizers ({holders})"
        advice = "see why they do not end, or name another secretName"
        raise ClusterUnavailable(f"write Secret {namespace}/{name}", detail, advice=advice)
    if (kind := existing.get("type", OPAQUE)) != wanted:
        ours = is_managed(existing, *managed_by)
        advice = "delete it, for Kubernetes changes no type, or " if ours else ""
        said = f"is of type {kind} and not {wanted}"
        raise NotManaged(namespace, name, said, f"{advice}name another secretName")
    if existing.get("immutable"):
        advice = "delete it, or name another secretName"
        raise NotManaged(namespace, name, "is immutable", advice)
    if not is_managed(existing, *managed_by) and _annotations(existing).get(keys.ADOPT) != "true":
        owner = _labels(existing).get(keys.MANAGED_BY)
        whose = f"belongs to {owner!r}" if owner else "was not made by JASM"
        advice = f'name another secretName, or annotate it {keys.ADOPT}: "true" to hand it over'
        raise NotManaged(namespace, name, whose, advice)


def _base64(value: Value) -> str:
    raw = value if isinstance(value, bytes) else value.encode()
    return base64.b64encode(raw).decode()


def _labels(stored: JsonObject) -> Mapping[str, str]:
    return stored["metadata"].get("labels") or {}


def _annotations(stored: JsonObject) -> Mapping[str, str]:
    return stored["metadata"].get("annotations") or {}


def _includes(have: Mapping[str, str], want: Mapping[str, str]) -> bool:
    return all(have.get(key) == value for key, value in want.items())
