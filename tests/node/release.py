"""A release of the chart on the node, from its first to its last moment."""

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

from initsync.testing.aws import AwsServer
from tests.chart.helm import CHART, NAMESPACE, RELEASE, Helm
from tests.chart.inventory import inventory
from tests.cluster.load import Load
from tests.node.install import await_injection
from tests.node.node import Node
from tests.node.waiting import until

REGISTRATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/jasm-injector"
SECRET = "jasm-injector-tls"
_HOST = f"jasm-injector.{NAMESPACE}.svc"


class Release:
    """Ours. `apps` is a namespace whose pods are tried."""

    def __init__(self, node: Node, helm: Helm, aws: AwsServer, apps: str) -> None:
        self.node, self.api, self.apps = node, node.api, apps
        self._helm = helm.of(node.admin)
        self._aws = (f"AWS_ENDPOINT_URL={aws.url}", f"AWS_REGION={aws.region}")
        self.api.create_namespace(NAMESPACE, {"pod-security.kubernetes.io/enforce": "restricted"})
        self._before = self._inventory()

    def apply(self, verb: str, *settings: str, chart: Path = CHART, seconds: int = 90) -> str:
        """Install or upgrade, and wait until all is ready. Raises HelmFailed."""
        env = [f"injection.env.{it}" for it in self._aws if chart == CHART]
        options = [f"--set={it}" for it in (*env, *settings)]
        return self._helm.release(verb, str(chart), "--wait", f"--timeout={seconds}s", *options)

    def do(self, verb: str, *arguments: str) -> str:
        """Any other verb. Raises HelmFailed."""
        return self._helm.release(verb, *arguments)

    def await_injection(self) -> None:
        """Return when pods are injected."""
        await_injection(self.api, self.apps)

    def await_rollout(self) -> None:
        """Return when the pods of earlier revisions are gone, which serve on for a while."""
        path = f"/api/v1/namespaces/{NAMESPACE}/pods?labelSelector=app.kubernetes.io/component"
        until(lambda: len(self.api.request("GET", f"{path}%3Dinjector").body["items"]) == 2, "two")

    def load(self, **options: Any) -> Load:
        """Pods all the while, which leave the kubelet some CPU."""
        return Load(self.api, self.apps, threads=2, **options)

    def put_certificate(self, directory: Path) -> Path:
        """The Secret by hand, as docs/install.md has it; the file of its CA."""
        command = [sys.executable, "-m", "injector", "certs", "--self-signed", str(directory)]
        subprocess.run([*command, "--dns", _HOST], check=True, capture_output=True)
        names = ("tls.crt", "tls.key", "ca.crt")
        data = {it: base64.b64encode((directory / it).read_bytes()).decode() for it in names}
        metadata = {"name": SECRET, "namespace": NAMESPACE}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
        self.api.apply({**secret, "type": "kubernetes.io/tls", "data": data})
        return directory / "ca.crt"

    def patch_ca(self, file: Path) -> None:
        """Into every entry of the registration, as people did before the chart could be told."""
        bundle = base64.b64encode(file.read_bytes()).decode()
        path = "/webhooks/{}/clientConfig/caBundle"
        patch = [{"op": "add", "path": path.format(it), "value": bundle} for it in range(3)]
        answer = self.api.request("PATCH", REGISTRATION, patch, "application/json-patch+json")
        assert answer.status == 200, answer.body

    def await_nothing_left(self, *but: str) -> None:
        """Return when the cluster has what it had before, and `but`; pods take a while to end."""
        known = self._before | set(but)
        until(lambda: self._inventory() <= known, f"only what was there before, {RELEASE} gone")

    def left(self) -> set[str]:
        """What came since the beginning and is there now."""
        return self._inventory() - self._before

    def _inventory(self) -> set[str]:
        return inventory(self.api)
