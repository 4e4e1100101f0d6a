"""The injector installed as README.md says, as pods behind its Service."""

import base64
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import yaml

from initsync import keys
from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane
from tests.node.waiting import until

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy/manifests"
NAMESPACE = "jasm-system"
_HOST = "jasm-injector.jasm-system.svc"


def install(api: ControlPlane, aws: AwsServer, directory: Path) -> None:
    """Return when pods are injected. The injected containers find AWS at `aws`."""
    _certificate(directory)
    settings = [f"--env=AWS_ENDPOINT_URL={aws.url}", f"--env=AWS_REGION={aws.region}"]
    for manifest in [*shipped(), _secret(directory)]:
        api.apply(_adapted(manifest, settings, (directory / "ca.crt").read_bytes()))
    # A pod that is refused or not injected while the endpoints are on their way tells nothing.
    until(lambda: _is_injected(api), "pods are injected")


def shipped() -> list[dict[str, Any]]:
    """The manifests, the namespace first."""
    files = sorted(MANIFESTS.glob("*.yaml"))
    found = [it for file in files for it in yaml.safe_load_all(file.read_text())]
    return sorted(found, key=lambda manifest: str(manifest["kind"]) != "Namespace")


def _certificate(directory: Path) -> None:
    command = [sys.executable, "-m", "injector", "certs", "--self-signed", str(directory)]
    subprocess.run([*command, "--dns", _HOST], check=True, capture_output=True)


def _secret(directory: Path) -> dict[str, Any]:
    data = {
        name: base64.b64encode((directory / name).read_bytes()).decode()
        for name in ("tls.crt", "tls.key")
    }
    metadata = {"name": "jasm-injector-tls", "namespace": NAMESPACE}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    return {**secret, "type": "kubernetes.io/tls", "data": data}


def _adapted(manifest: dict[str, Any], settings: list[str], ca: bytes) -> dict[str, Any]:
    if manifest["kind"] == "Deployment":
        manifest["spec"]["template"]["spec"]["containers"][0]["args"] += settings
    for webhook in manifest.get("webhooks", []):
        webhook["clientConfig"]["caBundle"] = base64.b64encode(ca).decode()
    return dict(manifest)


def _is_injected(api: ControlPlane) -> bool:
    name = f"probe-{uuid.uuid4().hex[:8]}"
    text = "provider: aws-secretsmanager\npath: /p\nsecretName: p\n"
    pod = manifests.pod("default", name, {keys.ANNOTATION: text})
    answer = api.request("POST", f"{manifests.collection(pod)}?dryRun=All", pod)
    return answer.status == 201 and "initContainers" in answer.body["spec"]
