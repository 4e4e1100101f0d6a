"""Failures as the API server writes them: a Status with code, reason, message and details.

Texts and codes as kube-apiserver 1.37.2 answers; tests/cluster/test_contract_*.py compares.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from initsync.testing.apiserver.ownership import Owner
from initsync.testing.apiserver.resources import Resource
from initsync.words.model import JsonObject

_CAUSES = {
    "Required value": "FieldValueRequired",
    "Invalid value": "FieldValueInvalid",
    "Duplicate value": "FieldValueDuplicate",
    "Not found": "FieldValueNotFound",
    "Forbidden": "FieldValueForbidden",
    "Too long": "FieldValueTooLong",
}


class FieldError(NamedTuple):
    """One broken rule of one field; `kind` is a key of the causes above."""

    field: str
    kind: str
    detail: str = ""

    @property
    def message(self) -> str:
        """The sentence about the field, without the field's name."""
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


class ApiError(Exception):
    """Ends a request with a Status."""

    def __init__(
        self, code: int, reason: str, message: str, details: JsonObject | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status: JsonObject = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            **({"reason": reason} if reason else {}),
            **({"details": details} if details is not None else {}),
            "code": code,
        }


def not_found(resource: Resource, name: str) -> ApiError:
    """No object of that name."""
    message = f'{resource.qualified} "{name}" not found'
    return ApiError(404, "NotFound", message, _details(resource, name))


def already_exists(resource: Resource, name: str) -> ApiError:
    """The 409 of a create."""
    message = f'{resource.qualified} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(resource, name))


def stale(resource: Resource, name: str) -> ApiError:
    """The 409 of a write that states another resourceVersion than the stored one."""
    message = (
        f'Operation cannot be fulfilled on {resource.qualified} "{name}": the object has been '
        "modified; please apply your changes to the latest version and try again"
    )
    return ApiError(409, "Conflict", message, _details(resource, name))


def field_conflicts(
    conflicts: Mapping[Owner, Collection[tuple[str, ...]]], api_version: str
) -> ApiError:
    """The 409 of an apply that states what others own."""
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {_owner(owner, api_version)}",
            "field": _dotted(path),
        }
        for owner, paths in sorted(conflicts.items())
        for path in sorted(paths)
    ]
    if len(causes) == 1:
        said = f"1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        blocks = [
            "\n- ".join(
                [f"conflicts with {_owner(owner, api_version)}:", *map(_dotted, sorted(paths))]
            )
            for owner, paths in sorted(conflicts.items())
        ]
        said = f"{len(causes)} conflicts: " + "\n".join(blocks)
    return ApiError(409, "Conflict", f"Apply failed with {said}", {"causes": causes})


def _owner(owner: Owner, api_version: str) -> str:
    return f'"{owner.manager}"' + (f" using {api_version}" if owner.operation == "Update" else "")


def _dotted(path: tuple[str, ...]) -> str:
    return "".join(f".{part}" for part in path)


def invalid(kind: str, group: str, name: str, errors: Sequence[FieldError]) -> ApiError:
    """The 422 of broken rules."""
    lines = [f"{error.field}: {error.message}" for error in errors]
    said = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    causes = [
        {"reason": _CAUSES[error.kind], "message": error.message, "field": error.field}
        for error in errors
    ]
    qualified = f"{kind}.{group}" if group else kind
    details = {"name": name, "group": group, "kind": kind, "causes": causes}
    return ApiError(
        422,
        "Invalid",
        f'{qualified} "{name}" is invalid: {said}',
        {key: value for key, value in details.items() if value},
    )


def forbidden(resource: Resource, name: str, because: str) -> ApiError:
    """The 403 of RBAC and of admission."""
    named = f'{resource.qualified} "{name}"' if name else resource.qualified
    message = f"{named} is forbidden: {because}"
    return ApiError(403, "Forbidden", message, _details(resource, name))


def bad_request(message: str) -> ApiError:
    """The 400 of a request that cannot be understood."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """The 401 of a token that is not valid here."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def unsupported_media_type(message: str) -> ApiError:
    """The 415 of a body in a form that is not taken."""
    return ApiError(415, "UnsupportedMediaType", message, {})


def internal(message: str) -> ApiError:
    """The 500 of a failing webhook."""
    causes = {"causes": [{"message": message}]}
    text = f"Internal error occurred: {message}"
    return ApiError(500, "InternalError", text, causes)


def _details(resource: Resource, name: str) -> JsonObject:
    details = {"name": name, "group": resource.group, "kind": resource.plural}
    return {key: value for key, value in details.items() if value}
