"""One namespace of the clinic: a pod, what is wrong with it, and what the doctor says."""

import json
from pathlib import Path
from typing import Any

from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.words.model import JsonObject
from tests.cluster.by_hand import Ended, Way, in_process, subcommand, write_kubeconfig
from tests.cluster.clinic import ENDED, Clinic


class Ward:
    """`pod` and `secret` are healthy until a test changes them; `examine` stores them first."""

    def __init__(self, clinic: Clinic, aws: AwsServer, namespace: str, place: Path) -> None:
        self.clinic, self.aws, self.namespace, self._place = clinic, aws, namespace, place
        clinic.shop(namespace)
        self.pod: JsonObject = clinic.pod(namespace)
        self.secret: JsonObject | None = clinic.secret(namespace)
        self.state: Any = ENDED
        self.way: Way = in_process
        self.status: dict[str, Any] = {}
        """More of the container's."""

    @property
    def annotations(self) -> dict[str, str]:
        """The pod's."""
        found: dict[str, str] = self.pod["metadata"]["annotations"]
        return found

    @property
    def container(self) -> dict[str, Any]:
        """The pod's `jasm-init`."""
        found: dict[str, Any] = self.pod["spec"]["initContainers"][0]
        return found

    @property
    def account(self) -> JsonObject:
        """The pod's ServiceAccount."""
        return manifests.service_account(self.namespace, "app")

    def store(self) -> None:
        """Put pod and Secret into the cluster."""
        if self.secret:
            self.clinic.api.apply(self.secret)
        if self.pod["spec"].get("initContainers"):
            self.clinic.started(self.pod, self.state, **self.status)
        else:
            self.clinic.made_without_injector(self.pod)

    def examine(self, *options: str, token: str | None = None, **env: str) -> Ended:
        """`initsync doctor --pod web` by the administrator, or the bearer of `token`."""
        user = {"token": token} if token else None
        config = write_kubeconfig(self._place / "config", self.clinic.api, self.namespace, user)
        asked = options or ("--pod", "web")
        found = {"AWS_ENDPOINT_URL": self.aws.url, **env}
        return subcommand(config, "doctor", *asked, way=self.way, **found)

    def lines(self, *options: str, **env: str) -> tuple[int, list[str]]:
        """The exit code, and the lines of what is not as it should be."""
        ended = self.examine(*options, **env)
        assert ended.stderr.splitlines()[-1].endswith(" skipped"), ended.stderr
        return ended.returncode, [one for one in ended.stdout.splitlines() if one[:2] != "ok"]

    def bad(self, *options: str, **env: str) -> tuple[int, list[str]]:
        """Likewise without what was skipped, and without the checks of JASM's installation."""
        code, lines = self.lines(*options, **env)
        return code, [one for one in lines if not one.startswith("skipped")]

    def told(self, *options: str, **env: str) -> dict[str, JsonObject]:
        """By check the last of its results."""
        asked = options or ("--pod", "web")
        answer = json.loads(self.examine(*asked, "-o", "json", **env).stdout)
        return {one["check"]: one for one in answer["checks"]}
