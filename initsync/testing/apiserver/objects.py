"""Objects as they come in: decoded, checked against the URL, and given the server's defaults."""

import base64
import binascii
import copy
import secrets
from typing import Any

from initsync.testing.apiserver import status
from initsync.testing.apiserver.resources import NAMESPACES, PODS, SECRETS, Resource, Target
from initsync.words.model import JsonObject

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"  # as apiserver's names generator: no vowels, no words


def incoming(body: Any, resource: Resource, where: Target) -> JsonObject:
    """The body of a create or update as a whole object of the target's kind and namespace.

    Raises ApiError 400.
    """
    manifest = copy.deepcopy(recognised(body, resource.kind))
    found = (manifest.setdefault("apiVersion", resource.api_version), manifest.get("kind"))
    if found not in ((resource.api_version, resource.kind), (resource.api_version, None)):
        raise status.bad_request(
            f'{found[1]} in version "{found[0]}" cannot be handled as a {resource.kind}'
        )
    manifest["kind"] = resource.kind
    place(manifest, resource, where)
    return manifest


def recognised(body: Any, kind: str) -> JsonObject:
    """A body that is an object. Raises ApiError 400 of any other."""
    if isinstance(body, dict):
        return body
    raise status.bad_request(
        f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind"
    )


def place(manifest: JsonObject, resource: Resource, where: Target) -> None:
    """Give `manifest` the URL's namespace and name, or raise ApiError 400 where it has others."""
    metadata = manifest.setdefault("metadata", {})
    if resource.namespaced and metadata.setdefault("namespace", where.namespace) != where.namespace:
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if where.name and metadata.setdefault("name", where.name) != where.name:
        raise status.bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL "
            f"({where.name})"
        )


def complete(manifest: JsonObject, resource: Resource) -> None:
    """Add what the server adds to an object of its kind. Raises ApiError 400."""
    if resource == SECRETS:
        _complete_secret(manifest)
    elif resource == NAMESPACES:
        labels = manifest["metadata"].setdefault("labels", {})
        labels["kubernetes.io/metadata.name"] = manifest["metadata"].get("name", "")
        manifest.setdefault("status", {"phase": "Active"})
    elif resource == PODS:
        _complete_pod(manifest)


def generate_name(metadata: JsonObject) -> None:
    """Turn `generateName` into a name where there is none."""
    if not metadata.get("name") and metadata.get("generateName"):
        suffix = "".join(secrets.choice(_SUFFIX) for _ in range(5))
        metadata["name"] = metadata["generateName"] + suffix


def _complete_secret(manifest: JsonObject) -> None:
    manifest["type"] = manifest.get("type") or "Opaque"
    data = manifest.pop("data", None) or {}
    for value in data.values():
        _check_base64(value)
    for key, text in (manifest.pop("stringData", None) or {}).items():
        data[key] = base64.b64encode(text.encode()).decode()
    if data:
        manifest["data"] = data


def _check_base64(value: Any) -> None:
    """Refuse what is none. The message never repeats the value."""
    problem = "illegal base64 data"
    try:
        base64.b64decode(value, validate=True)
    except (TypeError, AttributeError):
        problem = "json: cannot unmarshal into Go struct field Secret.data of type []uint8"
    except binascii.Error:
        pass
    else:
        return
    raise status.bad_request(f'Secret in version "v1" cannot be handled as a Secret: {problem}')


def _complete_pod(manifest: JsonObject) -> None:
    spec = manifest.setdefault("spec", {})
    account = spec.get("serviceAccountName") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = account
    spec.setdefault("restartPolicy", "Always")
    for container in (spec.get("initContainers") or []) + (spec.get("containers") or []):
        container.setdefault("terminationMessagePolicy", "File")
    manifest["status"] = {"phase": "Pending"}
