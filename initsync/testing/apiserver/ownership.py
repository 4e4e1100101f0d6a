"""Who owns which field: server-side apply for objects whose lists are taken whole. Pure.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

import copy
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from initsync.words.model import JsonObject

Path = tuple[str, ...]
_SERVERS_OWN = {
    ("apiVersion",),
    ("kind",),
    *(
        ("metadata", field)
        for field in (
            "name",
            "generateName",
            "namespace",
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "managedFields",
        )
    ),
}


class Owner(NamedTuple):
    """A field manager and how it wrote."""

    manager: str
    operation: str
    """The kind of the write, `Apply` or `Update`."""


Owners = Mapping[Owner, frozenset[Path]]


class FieldConflicts(Exception):
    """Others own, with other values, what an apply without force states."""

    def __init__(self, conflicts: Mapping[Owner, Collection[Path]]) -> None:
        super().__init__("fields of others")
        self.conflicts = conflicts


def applied(
    live: JsonObject, owners: Owners, manifest: JsonObject, manager: str, *, force: bool
) -> tuple[JsonObject, Owners]:
    """`live` with `manifest` applied by `manager`, and the owners then.

    A field that the manager applied before and leaves out now goes, unless another owns it too.
    Raises FieldConflicts.
    """
    me = Owner(manager, "Apply")
    wanted, had = _fields(manifest), _fields(live)
    differing = {path for path, value in wanted.items() if had.get(path) != value}
    conflicts = {
        owner: paths & differing & had.keys()
        for owner, paths in owners.items()
        if owner != me and paths & differing & had.keys()
    }
    if conflicts and not force:
        raise FieldConflicts(conflicts)
    others = {owner: paths - differing for owner, paths in owners.items() if owner != me}
    result = _merged(live, manifest)
    for path in owners.get(me, frozenset()) - wanted.keys():
        if not any(path in paths for paths in others.values()):
            _remove(result, path)
    return result, _nonempty({**others, me: frozenset(wanted)})


def updated(live: JsonObject, owners: Owners, new: JsonObject, manager: str) -> Owners:
    """The owners after `new` took the place of `live` by any write but apply: whoever changes a
    field owns it alone."""
    me = Owner(manager, "Update")
    before, after = _fields(live), _fields(new)
    changed = {path for path, value in after.items() if before.get(path) != value}
    kept = {owner: paths & after.keys() - changed for owner, paths in owners.items()}
    return _nonempty({**kept, me: kept.get(me, frozenset()) | changed})


def managed_fields(owners: Owners, api_version: str) -> list[JsonObject]:
    """The value of `metadata.managedFields`, without times."""
    return [
        {
            "manager": owner.manager,
            "operation": owner.operation,
            "apiVersion": api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": _tree(paths),
        }
        for owner, paths in sorted(owners.items())
    ]


def merge_patch(target: Any, patch: Any) -> Any:
    """The target after a JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def _fields(value: JsonObject, path: Path = ()) -> dict[Path, Any]:
    """The leaves; lists count as leaves, the fields that the server sets are left out."""
    found: dict[Path, Any] = {}
    for key, inner in value.items():
        here = (*path, key)
        if isinstance(inner, dict):
            found |= _fields(inner, here)
        elif inner is not None and here not in _SERVERS_OWN:
            found[here] = inner
    return found


def _merged(live: JsonObject, manifest: JsonObject) -> JsonObject:
    result = copy.deepcopy(live)
    for key, value in manifest.items():
        if isinstance(value, dict):
            result[key] = _merged(result.get(key) or {}, value)
        elif value is not None:
            result[key] = copy.deepcopy(value)
    return result


def _remove(value: JsonObject, path: Path) -> None:
    key, *rest = path
    if rest:
        _remove(value[key], tuple(rest))
    if not rest or value[key] == {}:
        del value[key]


def _nonempty(owners: Owners) -> Owners:
    return {owner: paths for owner, paths in owners.items() if paths}


def _tree(paths: Collection[Path]) -> JsonObject:
    tree: JsonObject = {}
    for path in sorted(paths):
        node = tree
        for part in path:
            node = node.setdefault(f"f:{part}", {})
    return tree
