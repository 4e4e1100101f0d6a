"""Who the pod is to Google, by its spec and its ServiceAccount. Pure.

https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from initsync.doctor import mounted
from initsync.doctor.diagnoses import IDENTITY
from initsync.doctor.result import Result, Stored, failed, ok, skipped, warning
from initsync.kube import podfields
from initsync.providers.gcp import paths
from initsync.providers.gcp.identity import DEFAULT_FILE, FILE
from initsync.words import keys
from initsync.words.model import JsonObject
from initsync.words.wording import shown

ANNOTATION = "iam.gke.io/gcp-service-account"
"""The annotation of a ServiceAccount that names the Google service account of its pods."""


class Source(NamedTuple):
    """The ConfigMap that has a pod's credential configuration."""

    name: str
    key: str


def file(pod: JsonObject) -> str:
    """Where `jasm-init` looks for a credential configuration."""
    return mounted.environment(pod).get(FILE) or DEFAULT_FILE


def source(pod: JsonObject) -> Source | None:
    """The ConfigMap that is mounted there, if one is."""
    for path, part in mounted.parts(pod, file(pod), "configMap"):
        items = part.get("items") or [{"key": path, "path": path}]
        if key := next((it["key"] for it in items if it["path"] == path), ""):
            return Source(str(part.get("name") or ""), key)
    return None


def check(pod: JsonObject, account: Stored, asked_for: Sequence[str]) -> Iterator[Result]:
    """Where the pod's identity comes from, and whether its projects are known."""
    if not podfields.ours(pod):
        yield skipped(IDENTITY, f"it comes with {keys.CONTAINER}, which the pod lacks")
        return
    env, found = mounted.environment(pod), source(pod)
    elsewhere = found is not None or bool(env.get(FILE))
    yield _external(pod, found) if elsewhere else _on_gke(pod, account)
    nameless = [path for path in asked_for if not paths.resource_name(path).project]
    if elsewhere and nameless and not env.get(paths.PROJECT):
        said = f"{shown(nameless[0])} names no project, and {paths.PROJECT} is not set"
        advice = "write projects/PROJECT/secrets/NAME as path, or have the platform set it"
        yield failed("project", said, advice, 2)


def _external(pod: JsonObject, found: Source | None) -> Result:
    said = f"credential configuration at {file(pod)}"
    if not found:
        return ok(IDENTITY, f"{said}, as far as the pod says")
    return ok(IDENTITY, f"{said}, of ConfigMap {found.name}")


def _on_gke(pod: JsonObject, account: Stored) -> Result:
    name = pod["spec"].get("serviceAccountName", "default")
    if account is None:
        return failed(IDENTITY, f"there is no ServiceAccount {name}", "create it")
    if pod["spec"].get("hostNetwork"):
        said = "the pod is on the host's network: GKE gives it the node's identity"
        return warning(IDENTITY, said, "take it off, or give the node's identity the right")
    marks = (account["metadata"].get("annotations") or {}) if isinstance(account, dict) else {}
    who = f"Google service account {marks[ANNOTATION]}" if marks.get(ANNOTATION) else "itself"
    said = f"ServiceAccount {name} as {who}, by GKE's metadata server"
    return ok(IDENTITY, f"{said}; outside of GKE it needs a credential configuration")
