"""What the API server refuses with 422: metadata, Secrets, Events and Pods. Pure.

Rules and texts: k8s.io/kubernetes v1.37.2 pkg/apis/core/validation, k8s.io/apimachinery v0.37.2
pkg/api/validation. `initsync.words.rules` is not used: a stand-in that shares code with what it
tests would share its mistakes.
"""

import base64
import re
from collections.abc import Callable, Iterator

from initsync.testing.apiserver.resources import EVENTS, PODS, SECRETS, Resource
from initsync.testing.apiserver.status import FieldError
from initsync.testing.apiserver.validation_pods import pod_errors
from initsync.words.model import JsonObject

_NAME_LIMIT = 253
_LABEL_LIMIT = 63
_ANNOTATIONS_LIMIT = 262_144
_SECRET_LIMIT = 1_048_576
_EVENT_MESSAGE_LIMIT = 1024
_IMMUTABLE = "field is immutable when `immutable` is set"

_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    f"for validation is '{_SUBDOMAIN}')"
)
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_QUALIFIED_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    f"validation is '{_QUALIFIED}')"
)
_LABEL = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_LABEL_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',"
    f"  or '12345', regex used for validation is '{_LABEL}')"
)
_KEY = "[-._a-zA-Z0-9]+"
_KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    f"'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '{_KEY}')"
)

Errors = Iterator[FieldError]


def errors(resource: Resource, new: JsonObject, old: JsonObject | None) -> list[FieldError]:
    """The rules that `new` breaks, in place of `old` if there is one."""
    specific = _SPECIFIC.get(resource)
    return [*_metadata_errors(new["metadata"]), *(specific(new, old) if specific else ())]


def _metadata_errors(metadata: JsonObject) -> Errors:
    name = metadata.get("name") or ""
    if not name:
        yield FieldError("metadata.name", "Required value", "name or generateName is required")
    elif len(name) > _NAME_LIMIT:
        yield _wrong("metadata.name", name, f"must be no more than {_NAME_LIMIT} characters")
    elif not re.fullmatch(_SUBDOMAIN, name):
        yield _wrong("metadata.name", name, _SUBDOMAIN_RULE)
    for key, value in (metadata.get("labels") or {}).items():
        yield from _qualified_errors("metadata.labels", key)
        if len(value) > _LABEL_LIMIT:
            yield _wrong("metadata.labels", value, f"must be no more than {_LABEL_LIMIT} bytes")
        if not re.fullmatch(_LABEL, value):
            yield _wrong("metadata.labels", value, _LABEL_RULE)
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        yield from _qualified_errors("metadata.annotations", key)
    size = sum(len(text.encode()) for pair in annotations.items() for text in pair)
    if size > _ANNOTATIONS_LIMIT:
        yield _too_long("metadata.annotations", _ANNOTATIONS_LIMIT)


def _qualified_errors(field: str, key: str) -> Errors:
    prefix, slash, name = key.rpartition("/")
    if slash and not re.fullmatch(_SUBDOMAIN, prefix):
        yield _wrong(field, key, f"prefix part {_SUBDOMAIN_RULE}")
    if len(name) > _LABEL_LIMIT:
        yield _wrong(field, key, f"name part must be no more than {_LABEL_LIMIT} bytes")
    if not re.fullmatch(_QUALIFIED, name):
        yield _wrong(field, key, _QUALIFIED_RULE)


def _secret_errors(new: JsonObject, old: JsonObject | None) -> Errors:
    data = new.get("data") or {}
    for key in sorted(data):
        if problem := _key_problem(key):
            yield _wrong(f"data[{key}]", key, problem)
    if sum(len(base64.b64decode(value)) for value in data.values()) > _SECRET_LIMIT:
        yield _too_long("data", _SECRET_LIMIT)
    if old is None:
        return
    if new["type"] != old["type"]:
        yield _wrong("type", new["type"], "field is immutable")
    if old.get("immutable"):
        if not new.get("immutable"):
            yield FieldError("immutable", "Forbidden", _IMMUTABLE)
        if data != (old.get("data") or {}):
            yield FieldError("data", "Forbidden", _IMMUTABLE)


def _key_problem(key: str) -> str | None:
    if len(key) > _NAME_LIMIT:
        return f"must be no more than {_NAME_LIMIT} characters"
    if not re.fullmatch(_KEY, key):
        return _KEY_RULE
    if key in (".", ".."):
        return f"must not be '{key}'"
    if key.startswith(".."):
        return "must not start with '..'"
    return None


def _event_errors(new: JsonObject, _old: JsonObject | None) -> Errors:
    involved = (new.get("involvedObject") or {}).get("namespace") or ""
    if involved != new["metadata"]["namespace"]:
        yield _wrong("involvedObject.namespace", involved, "does not match event.namespace")
    if not new.get("eventTime"):
        return  # the old way to write an Event: nothing else is looked at
    for field in ("reportingComponent", "reportingInstance", "action", "reason"):
        if not new.get(field):
            yield FieldError(field, "Required value")
    if len((new.get("message") or "").encode()) > _EVENT_MESSAGE_LIMIT:
        yield _wrong("message", "", f"can have at most {_EVENT_MESSAGE_LIMIT} characters")


def _wrong(field: str, value: str, rule: str) -> FieldError:
    return FieldError(field, "Invalid value", f'"{value}": {rule}')


def _too_long(field: str, limit: int) -> FieldError:
    return FieldError(field, "Too long", f"may not be more than {limit} bytes")


_SPECIFIC: dict[Resource, Callable[[JsonObject, JsonObject | None], Errors]] = {
    SECRETS: _secret_errors,
    EVENTS: _event_errors,
    PODS: pod_errors,
}
