"""The certificate job's pod, as a process on this machine: what its Deployment says, no more."""

import os
import subprocess
import sys
from pathlib import Path

from initsync.testing.closing import Closing
from initsync.testing.controlplane import ControlPlane
from initsync.words.model import JsonObject


class CertificatePod(Closing):
    """Runs from `with` to its end, or until it fails; its ServiceAccount must be there."""

    def __init__(self, api: ControlPlane, deployment: JsonObject, directory: Path) -> None:
        spec = deployment["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        namespace = deployment["metadata"]["namespace"]
        directory.mkdir()
        (directory / "ca.crt").write_text(Path(api.ca_file).read_text())
        (directory / "token").write_text(api.create_token(namespace, spec["serviceAccountName"]))
        host, _, port = api.url.removeprefix("https://").partition(":")
        env = {name: text for name, text in os.environ.items() if not name.startswith("JASM_")}
        env |= {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        env |= {"JASM_SERVICEACCOUNT_DIR": str(directory)}
        fields = {"metadata.namespace": namespace}
        for it in container["env"]:
            field = it.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            env[it["name"]] = fields[field] if field else it["value"]
        command: list[str] = [*container["command"], *container["args"]]
        assert command.pop(0) == "jasm-injector"
        self._log = (directory / "log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "injector", *command], env=env, stderr=self._log
        )

    @property
    def log(self) -> str:
        """What it said until now."""
        return Path(self._log.name).read_text()

    def runs(self) -> bool:
        """Whether it does still."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it, as the kubelet does."""
        self._process.terminate()
        self._process.wait(10)
        self._log.close()
