"""Requests and replies of the API, and the bodies in them."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

from initsync.testing.apiserver import status
from initsync.testing.apiserver.resources import Target, target
from initsync.testing.apiserver.status import FieldError
from initsync.words.model import JsonObject

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
_OBJECTS = ("application/json", "application/yaml")
_ACCEPTED = ", ".join((*_OBJECTS, "application/vnd.kubernetes.protobuf"))
_ABSENT = ("watch",)


class Request(NamedTuple):
    """One HTTP request; header names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path of the URL, decoded and without the query."""
        return unquote(urlsplit(self.url).path)

    @property
    def where(self) -> Target | None:
        """What the path means; None outside the served API groups."""
        return target(self.path)

    @property
    def media_type(self) -> str:
        """The media type of the body; JSON where nothing is said."""
        said = self.headers.get("content-type", "").partition(";")[0].strip()
        return said or "application/json"


class Reply(NamedTuple):
    """The answer to a request: a JSON object, or plain text."""

    status: int
    body: JsonObject | str
    warnings: list[str]


class Options(NamedTuple):
    """What a write's query says."""

    manager: str
    force: bool
    dry_run: bool


class Selectors(NamedTuple):
    """What a list's query says."""

    labels: str
    fields: str


def selectors(request: Request) -> Selectors:
    """The selectors of a list; empty where it is of everything."""
    query = parse_qs(urlsplit(request.url).query)
    return Selectors(*(query.get(f"{of}Selector", [""])[-1] for of in ("label", "field")))


def options(request: Request) -> Options:
    """The options of a write. Raises ApiError where the query asks for what is not here."""
    query = parse_qs(urlsplit(request.url).query)
    for key in _ABSENT:
        if key in query:
            raise status.bad_request(f"the embedded API has no {key}; use the real control plane")
    named = query.get("fieldManager", [""])[-1]
    if request.media_type == APPLY and not named:
        error = FieldError("fieldManager", "Required value", "is required for apply patch")
        raise status.invalid("PatchOptions", "meta.k8s.io", "", [error])
    agent = request.headers.get("user-agent", "").partition("/")[0]
    return Options(named or agent or "unknown", query.get("force") == ["true"], "dryRun" in query)


def decoded(request: Request) -> Any:
    """The body of a create or update. Raises ApiError."""
    if request.media_type not in _OBJECTS:
        raise status.unsupported_media_type(
            f"the body of the request was in an unknown format - accepted media types include: "
            f"{_ACCEPTED}"
        )
    return parsed(request)


def parsed(request: Request) -> Any:
    """The body, JSON or YAML. Raises ApiError 400 that does not repeat it."""
    try:
        return json.loads(request.body)
    except ValueError:
        pass  # it may be YAML
    try:
        return yaml.safe_load(request.body)
    except (yaml.YAMLError, UnicodeError) as error:
        raise status.bad_request("the body of the request is neither JSON nor YAML") from error
