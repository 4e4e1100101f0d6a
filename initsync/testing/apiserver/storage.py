"""Versioned objects in memory: what etcd and the generic registry do for the API server."""

import copy
import itertools
import threading
import time
import uuid
from typing import NamedTuple

from initsync.testing.apiserver import ownership, status
from initsync.testing.apiserver.ownership import Owners
from initsync.testing.apiserver.resources import Resource
from initsync.words.model import JsonObject
from initsync.words.times import timestamp

_FIRST_VERSION = 100
"""No object is ever at version 1, on a real server either (F2)."""


class Stored(NamedTuple):
    """One object, and who owns its fields."""

    object: JsonObject
    owners: Owners


NOTHING = Stored({}, {})
Key = tuple[Resource, str, str]


class Storage:
    """Everything handed out is a copy. Hold `lock` from reading to writing what follows from it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._objects: dict[Key, Stored] = {}
        self._versions = itertools.count(_FIRST_VERSION)

    def find(self, resource: Resource, namespace: str, name: str) -> Stored | None:
        """The stored object, or None."""
        with self.lock:
            found = self._objects.get((resource, namespace, name))
            return copy.deepcopy(found)

    def get(self, resource: Resource, namespace: str, name: str) -> JsonObject:
        """The stored object. Raises ApiError 404."""
        found = self.find(resource, namespace, name)
        if found is None:
            raise status.not_found(resource, name)
        return found.object

    def list(self, resource: Resource, namespace: str) -> list[JsonObject]:
        """All of a namespace in the order of their names; of every namespace if it is ""."""
        with self.lock:
            keys = [key for key in self._objects if key[0] == resource]
            return [
                copy.deepcopy(self._objects[key].object)
                for key in sorted(keys, key=lambda key: key[1:])
                if namespace in ("", key[1])
            ]

    def create(self, resource: Resource, new: Stored) -> JsonObject:
        """Store a new object. Raises ApiError 409 AlreadyExists."""
        metadata = new.object["metadata"]
        name = metadata["name"]
        with self.lock:
            if self.find(resource, metadata.get("namespace", ""), name):
                raise status.already_exists(resource, name)
            metadata["uid"] = str(uuid.uuid4())
            metadata["creationTimestamp"] = timestamp(time.time())
            return self._put(resource, new)

    def replace(self, resource: Resource, old: Stored, new: Stored) -> JsonObject:
        """Store `new` in place of `old`; what changes nothing keeps its version.

        Raises ApiError 409 Conflict where `new` states another version than that of `old`.
        """
        before, after = old.object["metadata"], new.object["metadata"]
        stated = after.get("resourceVersion")
        if stated and stated != before["resourceVersion"]:
            raise status.stale(resource, before["name"])
        after |= {
            field: before[field]
            for field in ("uid", "creationTimestamp", "resourceVersion", "managedFields")
        }
        if new == old:
            return old.object
        return self._put(resource, new)

    def delete(self, resource: Resource, namespace: str, name: str) -> JsonObject:
        """Remove and return it. Raises ApiError 404."""
        with self.lock:
            found = self.get(resource, namespace, name)
            del self._objects[resource, namespace, name]
            return found

    def _put(self, resource: Resource, new: Stored) -> JsonObject:
        metadata = new.object["metadata"]
        with self.lock:
            metadata["resourceVersion"] = str(next(self._versions))
            fields = ownership.managed_fields(new.owners, resource.api_version)
            metadata["managedFields"] = fields
            key = (resource, metadata.get("namespace", ""), metadata["name"])
            self._objects[key] = copy.deepcopy(new)
            return new.object
