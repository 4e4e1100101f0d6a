"""What Google Secret Manager must allow a ServiceAccount: for each secret one IAM binding. Pure.

https://cloud.google.com/secret-manager/docs/access-control,
https://cloud.google.com/iam/docs/principal-identifiers
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from initsync.permissions.grants import Grant
from initsync.permissions.hcl import Block
from initsync.permissions.requested import RequestedSecret
from initsync.permissions.stores import Allowed
from initsync.providers.gcp import paths
from initsync.providers.gcp.paths import ResourceName
from initsync.words.errors import InvalidSetup
from initsync.words.rules import user_name
from initsync.words.wording import shown

POOL = "JASM_GCP_POOL"
"""The workload identity pool that has the cluster's ServiceAccounts."""
ROLE = "roles/secretmanager.secretAccessor"
_GKE = ".svc.id.goog"
"""How the pools end that GKE makes, whose subjects have a form of their own."""
_FORM = re.compile(r"projects/[0-9]+/locations/global/workloadIdentityPools/[a-z0-9.:-]+")
_EXAMPLE = "projects/NUMBER/locations/global/workloadIdentityPools/PROJECT.svc.id.goog on GKE"


def allowed(grant: Grant, secrets: Sequence[RequestedSecret], env: Mapping[str, str]) -> Allowed:
    """See `stores.Store`."""
    member = f"principal://iam.googleapis.com/{_pool(env)}/subject/{_subject(grant, env)}"
    places = sorted({_place(secret.path, env) for secret in secrets})
    bindings = [{"secret": _named(it), "role": ROLE, "members": [member]} for it in places]
    blocks = tuple(_block(grant, it, member) for it in places)
    return Allowed("googleCloud", {"bindings": bindings}, blocks, tuple(_warnings(grant)))


def _pool(env: Mapping[str, str]) -> str:
    found = env.get(POOL, "").removeprefix("//iam.googleapis.com/")
    if not _FORM.fullmatch(found):
        problem = f"{POOL} is {shown(found)}" if found else f"{POOL} is not given"
        raise InvalidSetup(problem, f"give --env {POOL}={_EXAMPLE}")
    return found


def _subject(grant: Grant, env: Mapping[str, str]) -> str:
    if env[POOL].endswith(_GKE):
        return f"ns/{grant.namespace}/sa/{grant.account}"
    return user_name(grant.namespace, grant.account)


def _place(path: str, env: Mapping[str, str]) -> ResourceName:
    """The secret, whichever version of it: rights are those of the whole secret."""
    found = paths.resource_name(path)._replace(version="")
    if found.project:
        return found
    if not (project := env.get(paths.PROJECT, "")):
        problem = f"no project for {shown(path)}"
        raise InvalidSetup(problem, f"give --env {paths.PROJECT}=PROJECT, as the pods have it")
    return ResourceName(project, env.get(paths.LOCATION, ""), found.name)


def _named(place: ResourceName) -> str:
    location = f"/locations/{place.location}" if place.location else ""
    return f"projects/{place.project}{location}/secrets/{place.name}"


def _block(grant: Grant, place: ResourceName, member: str) -> Block:
    """https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/secret_manager_secret_iam"""
    kind = "regional_secret" if place.location else "secret"
    label = re.sub(r"[^A-Za-z0-9_-]", "__", "_".join(filter(None, place)))
    body = {
        "project": place.project,
        **({"location": place.location} if place.location else {}),
        "secret_id": place.name,
        "role": ROLE,
        "member": member,
    }
    labels = (f"google_secret_manager_{kind}_iam_member", f"{grant.label}_{label}")
    return Block("resource", labels, body)


def _warnings(grant: Grant) -> Iterator[str]:
    if grant.account == "default":
        yield (
            "every pod of the namespace that names no ServiceAccount may then read these secrets "
            "of Google's"
        )
