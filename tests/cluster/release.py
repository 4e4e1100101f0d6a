"""The chart's release on a real API server, whose injector is a process on this machine.

A post-renderer turns the registration to its address.
"""

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from initsync.testing.closing import Closing
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from tests.chart.helm import NAMESPACE, Helm
from tests.chart.inventory import cleared
from tests.node.files import kubeconfig

TURN = """#!{python}
import sys, yaml
found = [it for it in yaml.safe_load_all(sys.stdin) if it]
for manifest in found:
    for webhook in manifest.get("webhooks", []):
        webhook["clientConfig"] = {{"url": {url!r}, "caBundle": {bundle!r}}}
yaml.safe_dump_all(found, sys.stdout)
"""


def at_cluster(api: ControlPlane, helm: Helm, directory: Path) -> Helm:
    """Helm as the cluster's administrator; `directory` is for its kubeconfig."""
    file = directory / "kubeconfig"
    file.touch(0o600)
    file.write_text(kubeconfig(api.url, Path(api.ca_file), {"token": api.admin_token}))
    return helm.of(file)


@contextmanager
def release_cluster(api: ControlPlane) -> Iterator[ControlPlane]:
    """It for a release and a team `shop`, and as it was behind the block."""
    with cleared(api):
        for name in (NAMESPACE, "shop"):
            api.create_namespace(name)
        yield api


def encoded(pem: str) -> str:
    """As a caBundle."""
    return base64.b64encode(pem.encode()).decode()


class Release(Closing):
    """Leaving the `with` block uninstalls it."""

    def __init__(self, api: ControlPlane, helm: Helm, webhook: Webhook, directory: Path) -> None:
        bundle = encoded(webhook.ca_pem)
        turn = directory / "turn"
        turn.write_text(TURN.format(python=sys.executable, url=webhook.url, bundle=bundle))
        turn.chmod(0o700)
        self.helm = at_cluster(api, helm, directory)
        self._turned = helm.post_renderer(turn)

    def apply(self, verb: str, chart: Path, *settings: str) -> str:
        """Install or upgrade; what Helm says, without line ends. Raises HelmFailed."""
        options = [f"--set={it}" for it in settings]
        return " ".join(self.helm.release(verb, str(chart), self._turned, *options).split())

    def close(self) -> None:
        """Uninstall it, if it is installed."""
        self.helm.release("uninstall", "--ignore-not-found")
