"""The injector installed as README.md says, as pods behind its Service."""

import uuid
from pathlib import Path
from typing import Any

import yaml

from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from tests.node.waiting import until

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy/manifests"


def install(api: ControlPlane, aws: AwsServer) -> None:
    """Return when pods are injected. The injected containers find AWS at `aws`."""
    settings = [f"--env=AWS_ENDPOINT_URL={aws.url}", f"--env=AWS_REGION={aws.region}"]
    for manifest in shipped():
        api.apply(_adapted(manifest, settings))
    await_injection(api)


def await_injection(api: ControlPlane, namespace: str = "default") -> None:
    """A pod that is refused or not injected while endpoints are on their way tells nothing."""
    until(lambda: _is_injected(api, namespace), "pods are injected")


def shipped() -> list[dict[str, Any]]:
    """The manifests, the namespace first."""
    files = sorted(MANIFESTS.glob("*.yaml"))
    found = [it for file in files for it in yaml.safe_load_all(file.read_text())]
    return sorted(found, key=lambda manifest: str(manifest["kind"]) != "Namespace")


def _adapted(manifest: dict[str, Any], settings: list[str]) -> dict[str, Any]:
    if manifest["metadata"]["name"] == "jasm-injector" and manifest["kind"] == "Deployment":
        manifest["spec"]["template"]["spec"]["containers"][0]["args"] += settings
    return dict(manifest)


def _is_injected(api: ControlPlane, namespace: str) -> bool:
    name = f"probe-{uuid.uuid4().hex[:8]}"
    text = "provider: aws-secretsmanager\npath: /p\nsecretName: p\n"
    pod = manifests.pod(namespace, name, {keys.ANNOTATION: text})
    answer = api.request("POST", f"{manifests.collection(pod)}?dryRun=All", pod)
    return answer.status == 201 and "initContainers" in answer.body["spec"]
