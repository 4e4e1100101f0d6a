"""A pod with a sidecar, without the process: its files, its cluster, its AWS, and its clock."""

import base64
import io
import json
import uuid
from pathlib import Path
from typing import Any

from initsync.kube import rbac
from initsync.pod.sidecar.loop import Clock, Sidecar
from initsync.sync.log import Log
from initsync.testing import manifests
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.initsync.fake_aws import FakeAws

ANNOTATION = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: {name}\n"
START = 1_800_000_000.0


class Ended(BaseException):
    """The test has seen enough of a loop without end."""


class Time:
    """Passes by sleeping only. `then` are called one a sleep, after them the loop ends."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []
        self.then: list[Any] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)
        if self.then:
            self.then.pop(0)()

    def end(self) -> None:
        raise Ended

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.sleep, lambda: 0.5)


class World:
    """Everything that one pod's sidecar meets."""

    def __init__(self, api: EmbeddedApiServer, aws: FakeAws, root: Path) -> None:
        self.api, self.aws, self.root, self.time = api, aws, root, Time()
        self.namespace = f"t-{uuid.uuid4().hex[:8]}"
        api.create_namespace(self.namespace)
        api.allow(self.namespace, "default", rbac.rules())
        self.pod = api.create(manifests.pod(self.namespace, "web-1"))
        self.files = {name: self.pod["metadata"][name] for name in ("name", "namespace", "uid")}
        for name in ("podinfo", "account", "handover"):
            (root / name).mkdir()
        self.annotate(**{"secret-sync": ANNOTATION.format(name="db")})
        self.write_token(api.create_token(self.namespace, "default"))
        (root / "account" / "ca.crt").write_text(Path(api.ca_file).read_text())
        self.provide(password="pl4nted-one")
        self.log = io.StringIO()
        self.env = {
            **aws.env,
            "AWS_ACCESS_KEY_ID": "AKIA",
            "AWS_SECRET_ACCESS_KEY": "pl4nted-key",
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": api.url.rpartition(":")[2],
            "JASM_MODE": "sidecar",
            "JASM_SETTLE": "0",
            "JASM_TIMEOUT": "0",  # one try each; a request has its two seconds all the same
            "JASM_PODINFO_DIR": str(root / "podinfo"),
            "JASM_SERVICEACCOUNT_DIR": str(root / "account"),
            "JASM_HANDOVER_DIR": str(root / "handover"),
        }

    def annotate(self, **files: str) -> None:
        """As the kubelet does after an edit: all files anew, behind one link that is swapped."""
        self.files |= files
        podinfo = self.root / "podinfo"
        data = podinfo / f"..{uuid.uuid4().hex}"
        data.mkdir()
        for name, text in self.files.items():
            (data / name).write_text(text)
            if not (podinfo / name).is_symlink():
                (podinfo / name).symlink_to(f"..data/{name}")
        (podinfo / "..new").symlink_to(data.name)
        (podinfo / "..new").rename(podinfo / "..data")

    def write_token(self, token: str) -> None:
        (self.root / "account" / "token").write_text(token)

    def provide(self, **values: str) -> None:
        """From now on AWS has these."""
        self.aws.answers.pop("GetSecretValue", None)
        self.aws.will("GetSecretValue", 200, {"SecretString": json.dumps(values)})

    def break_aws(self, code: str = "ServiceUnavailable", status: int = 503) -> None:
        self.aws.answers.pop("GetSecretValue", None)
        self.aws.will("GetSecretValue", status, {"__type": code, "message": "told"})

    def sidecar(self) -> Sidecar:
        return Sidecar(self.env, Log(self.log, lambda: self.time.now), self.time.clock)

    def cycle(self, side: Sidecar, times: int = 1, minutes: float = 5) -> None:
        for _ in range(times):
            self.time.now += minutes * 60
            side.cycle()

    def lines(self) -> list[str]:
        """What was logged since the last call."""
        said = self.log.getvalue()
        assert "pl4nted" not in said
        self.log.seek(0)
        self.log.truncate()
        return said.splitlines()

    def values(self, name: str = "db") -> dict[str, str]:
        metadata = {"name": name, "namespace": self.namespace}
        stored = self.api.get({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
        return {key: base64.b64decode(value).decode() for key, value in stored["data"].items()}

    def events(self) -> list[JsonObject]:
        """All so far, the oldest first."""
        answer = self.api.request("GET", f"/api/v1/namespaces/{self.namespace}/events")
        assert "pl4nted" not in json.dumps(answer.body)
        items: list[JsonObject] = answer.body["items"]
        return sorted(items, key=lambda event: int(event["metadata"]["resourceVersion"]))

    def reasons(self) -> list[str]:
        return [event["reason"] for event in self.events()]

    def ready(self) -> bool:
        return (self.root / "handover" / keys.READY_FILE).exists()
