"""What may be a path of Google Secret Manager, and what it says. Asks nobody.

It is a secret's resource name, or NAME in the platform's project. Of projects, names and versions
Google decides what they may be (D37); the location alone becomes a part of a host's name (D39).
https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access
"""

import re
from typing import NamedTuple

from initsync.words.wording import shown

PROJECT, LOCATION = "GOOGLE_CLOUD_PROJECT", "JASM_GCP_LOCATION"
"""The platform's: what holds for paths that are a NAME."""
LATEST = "latest"
_LIMIT = 1000
_VERSION_LIMIT = 256
# Control characters, with which a path would be several lines of whatever shows it, and what UTF-8
# and so an annotation cannot say.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_FULL = re.compile(r"projects/([^/]+)(?:/locations/([^/]+))?/secrets/([^/]+)(?:/versions/([^/]+))?")
# One label of DNS: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.1
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
# https://cloud.google.com/iam/docs/full-resource-names
_SERVICE = re.compile(r"(?://secretmanager\.[^/]+)?/?(?=projects/)")
_FORM = "projects/PROJECT/secrets/NAME, projects/PROJECT/locations/LOCATION/secrets/NAME or NAME"


class ResourceName(NamedTuple):
    """Where a secret is; what is empty, the platform says."""

    project: str
    """Its id, or its number."""
    location: str
    """Empty with a project: the secret is a global one."""
    name: str
    version: str = ""


def resource_name(path: str) -> ResourceName:
    """What a path that has no problem names; a slash before it means nothing."""
    if found := _FULL.fullmatch(_bare(path)):
        project, location, name, version = found.groups("")
        return ResourceName(project, location, name, version)
    return ResourceName("", "", path.removeprefix("/"))


def problem(path: str) -> str | None:
    """The rule that `path` breaks, as "must …", or None."""
    if not path.strip() or len(path) > _LIMIT:
        return f"must be {_FORM}, of 1 to {_LIMIT} characters"
    if _UNFIT.search(path):
        return "must be one line of Unicode without control characters"
    bare = _bare(path)
    if bare.startswith(("projects/", "//")) and not _FULL.fullmatch(bare):
        return f"must be {_FORM}"
    found = resource_name(path)
    if found.location and not is_location(found.location):
        return f"must name a location such as europe-west1, and not {shown(found.location)}"
    if not found.name.strip() or any(map(_climbs, found)):
        return "must name a secret, as in projects/shop/secrets/db"
    return None


def version_problem(version: str) -> str | None:
    """The rule that a version's number or alias breaks, as "must …", or None."""
    unfit = not version.strip() or len(version) > _VERSION_LIMIT or _UNFIT.search(version)
    if unfit or _climbs(version):
        return f"must be a number, 'latest' or an alias, of 1 to {_VERSION_LIMIT} characters"
    return None


def is_location(text: str) -> bool:
    """Whether it is one label of a host's name, so that no other host is made with it."""
    return _LABEL.fullmatch(text) is not None


def _bare(path: str) -> str:
    return _SERVICE.sub("", path, count=1) if _SERVICE.match(path) else path


def _climbs(text: str) -> bool:
    """Whether whoever reads it as a URL's path would go elsewhere."""
    return not {".", ".."}.isdisjoint(text.split("/"))
