"""Writes to the storage: each verb's own way to the new object, and one way on from there."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from initsync.testing.apiserver import admission, objects, ownership, status, validation
from initsync.testing.apiserver.bodies import Options
from initsync.testing.apiserver.ownership import FieldConflicts, Owners
from initsync.testing.apiserver.rbac import User
from initsync.testing.apiserver.resources import (
    NAMESPACES,
    PODS,
    SERVICE_ACCOUNTS,
    WEBHOOKS,
    Resource,
    Target,
)
from initsync.testing.apiserver.status import ApiError
from initsync.testing.apiserver.storage import NOTHING, Storage, Stored
from initsync.words.model import JsonObject


class Written(NamedTuple):
    """What a write left in the storage."""

    object: JsonObject
    created: bool
    warnings: list[str]


class Writer:
    """Writes for one `user`, who is allowed to; `resource` and `where` say what and where."""

    def __init__(
        self, storage: Storage, user: User, resource: Resource, where: Target, options: Options
    ) -> None:
        self._storage = storage
        self._user = user
        self._resource = resource
        self._where = where
        self._options = options
        self._namespace = where.namespace if resource.namespaced else ""

    def create(self, body: Any) -> Written:
        """Create the object, as POST does. Raises ApiError."""
        manifest = objects.incoming(body, self._resource, self._where)
        if manifest["metadata"].get("resourceVersion"):
            raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
        return self._create(manifest, self._updated)

    def update(self, body: Any) -> Written:
        """Replace the object, as PUT does. Raises ApiError."""
        manifest = objects.incoming(body, self._resource, self._where)
        with self._storage.lock:
            return self._replace(self._stored(), manifest, self._updated)

    def merge(self, patch: Any) -> Written:
        """PATCH with a JSON merge patch. Raises ApiError."""
        with self._storage.lock:
            old = self._stored()
            merged = ownership.merge_patch(old.object, patch)
            manifest = objects.incoming(merged, self._resource, self._where)
            return self._replace(old, manifest, self._updated)

    def apply(self, body: Any, authorise_create: Callable[[], None]) -> Written:
        """Server-side apply; creates a missing object, if that is allowed too. Raises ApiError."""
        manifest = self._to_apply(body)
        with self._storage.lock:
            if old := self._find():
                new, owners = self._applied(old, manifest)
                return self._replace(old, new, lambda _old, _new: owners)
        authorise_create()
        new, owners = self._applied(NOTHING, manifest)
        new["metadata"].pop("resourceVersion", None)
        try:
            return self._create(new, lambda _old, _new: owners)
        except ApiError as error:
            if error.status["reason"] != "AlreadyExists":
                raise
        return self.apply(body, authorise_create)  # somebody was faster: apply over theirs

    def _to_apply(self, body: Any) -> JsonObject:
        manifest: JsonObject = copy.deepcopy(body) if isinstance(body, dict) else {}
        version, kind = manifest.get("apiVersion", ""), manifest.get("kind", "")
        if (version, kind) != (self._resource.api_version, self._resource.kind):
            found = version if "/" in version or not version else f"/{version}"
            raise status.bad_request(f"invalid object type: {found or '/'}, Kind={kind}")
        objects.place(manifest, self._resource, self._where)
        if manifest["metadata"].get("managedFields"):
            raise status.bad_request("metadata.managedFields must be nil")
        return manifest

    def _applied(self, old: Stored, manifest: JsonObject) -> tuple[JsonObject, Owners]:
        manager, force, _ = self._options
        try:
            return ownership.applied(old.object, old.owners, manifest, manager, force=force)
        except FieldConflicts as error:
            raise status.field_conflicts(error.conflicts, self._resource.api_version) from error

    def _create(
        self, manifest: JsonObject, owners: Callable[[Stored, JsonObject], Owners]
    ) -> Written:
        objects.complete(manifest, self._resource)
        if self._namespace:
            self._storage.get(NAMESPACES, "", self._namespace)
        manifest, warnings = self._admitted(manifest)
        objects.generate_name(manifest["metadata"])
        self._check(manifest, None)
        new = Stored(manifest, owners(NOTHING, manifest))
        if self._options.dry_run:
            return Written(manifest, True, warnings)
        return Written(self._storage.create(self._resource, new), True, warnings)

    def _replace(
        self, old: Stored, manifest: JsonObject, owners: Callable[[Stored, JsonObject], Owners]
    ) -> Written:
        objects.complete(manifest, self._resource)
        self._check(manifest, old.object)
        new = Stored(manifest, owners(old, manifest))
        if self._options.dry_run:
            return Written(manifest, False, [])
        return Written(self._storage.replace(self._resource, old, new), False, [])

    def _admitted(self, manifest: JsonObject) -> tuple[JsonObject, list[str]]:
        if self._resource == WEBHOOKS:
            admission.check_registration(manifest)
        if self._resource != PODS:
            return manifest, []
        account = manifest["spec"]["serviceAccountName"]
        if not self._storage.find(SERVICE_ACCOUNTS, self._namespace, account):
            raise status.forbidden(
                PODS,
                manifest["metadata"].get("name", ""),
                f"error looking up service account {self._namespace}/{account}: "
                f'serviceaccount "{account}" not found',
            )
        registrations = self._storage.list(WEBHOOKS, "")
        return admission.mutated(manifest, self._user, registrations, dry_run=self._options.dry_run)

    def _check(self, manifest: JsonObject, old: JsonObject | None) -> None:
        if errors := validation.errors(self._resource, manifest, old):
            name = manifest["metadata"].get("name", "")
            raise status.invalid(self._resource.kind, self._resource.group, name, errors)

    def _updated(self, old: Stored, new: JsonObject) -> Owners:
        return ownership.updated(old.object, old.owners, new, self._options.manager)

    def _find(self) -> Stored | None:
        return self._storage.find(self._resource, self._namespace, self._where.name)

    def _stored(self) -> Stored:
        found = self._find()
        if found is None:
            raise status.not_found(self._resource, self._where.name)
        return found
