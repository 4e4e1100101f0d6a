"""Replicas of a workload on a real control plane, whose sidecars bring them a new value.

ReplicaSet and PodDisruptionBudget are the real controllers'. Only the kubelet is played: it runs
each pod's sidecar in a thread, marks the pod ready once that has synced, and lets it go when it is
deleted. The sidecars' clocks run `speed` times as fast, so that minutes take seconds.
"""

import base64
import io
import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from initsync.kube import rbac
from initsync.pod.sidecar import loop
from initsync.sync.log import Log
from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.testing.process import Process
from initsync.words import keys
from initsync.words.errors import AccessDenied, JasmError, ProviderUnavailable
from initsync.words.model import ExternalSecret, JsonObject
from tests.node.files import kubeconfig
from tests.polling import until

NAME, ACCOUNT = "web", "app"
TEXT = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"
FAILURES: tuple[JasmError, ...] = (
    ProviderUnavailable("AWS Secrets Manager", "HTTP 503"),
    AccessDenied("AWS Secrets Manager", "secretsmanager:GetSecretValue", "the role"),
)


class Store:
    """The provider, which fails at random in that part of all cases."""

    def __init__(self, failing: float = 0.0) -> None:
        self.value, self.failing, self.asked = "pl4nted-one", failing, 0

    def fetch(self, path: str, version: str) -> ExternalSecret:
        """As the contract has it."""
        self.asked += 1
        if random.random() < self.failing:  # no secret is made of it
            raise random.choice(FAILURES)
        return ExternalSecret(json.dumps({"password": self.value}), path, "aws-secretsmanager")


class Gone(BaseException):
    """The pod's process ends."""


class Pod:
    """One replica, in a thread of its own."""

    def __init__(self, fleet: "Fleet", stored: JsonObject) -> None:
        self.fleet, self.name = fleet, str(stored["metadata"]["name"])
        self.value = ""
        """What its app started with."""
        self.ended = threading.Event()
        self._root = fleet.root / str(stored["metadata"]["uid"])
        self._prepare(stored)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _prepare(self, stored: JsonObject) -> None:
        for directory in ("podinfo", "account", "handover"):
            (self._root / directory).mkdir(parents=True)
        said = stored["metadata"]["annotations"]
        files = {file: said.get(name, "") for name, file in keys.PODINFO_FILES.items()}
        files |= {name: stored["metadata"][name] for name in ("name", "namespace", "uid")}
        api = self.fleet.api
        token = api.create_token(self.fleet.namespace, ACCOUNT, pod=stored)
        for name, text in files.items():
            (self._root / "podinfo" / name).write_text(text)
        (self._root / "account" / "token").write_text(token)
        (self._root / "account" / "ca.crt").write_text(Path(api.ca_file).read_text())

    def _env(self) -> Mapping[str, str]:
        return {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": self.fleet.api.url.rpartition(":")[2],
            "JASM_MODE": "sidecar",
            "JASM_CONTROLLED": "true",
            "JASM_SETTLE": "0",
            "JASM_TIMEOUT": "0",
            "JASM_PODINFO_DIR": str(self._root / "podinfo"),
            "JASM_SERVICEACCOUNT_DIR": str(self._root / "account"),
            "JASM_HANDOVER_DIR": str(self._root / "handover"),
        }

    def _run(self) -> None:
        speed = self.fleet.speed

        def sleep(seconds: float) -> None:
            if self.ended.wait(seconds / speed):
                raise Gone

        clock = loop.Clock(time.time, lambda: time.monotonic() * speed, sleep, random.random)
        side = loop.Sidecar(self._env(), Log(io.StringIO(), time.time), clock)
        try:
            while side.start():  # as a kubelet does
                sleep(1)
            self.value = self.fleet.stored()
            self.fleet.patch(self.name, "True")
            while True:
                side.wait()
                side.cycle()
        except Gone:
            return


class Fleet:
    """All replicas, by a kubelet of our own."""

    def __init__(
        self,
        api: ControlPlane,
        namespace: str,
        root: Path,
        replicas: int,
        budget: int,
        speed: float,
    ) -> None:
        """`budget`: of maxUnavailable, in percent."""
        self.api, self.namespace, self.root = api, namespace, root
        self.replicas, self.budget, self.speed = replicas, budget, speed
        self.pods: dict[str, Pod] = {}
        self.made = 0
        self.most_gone = 0
        """At once, since all were ready. Written by one thread only."""
        self._complete = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._path = f"/api/v1/namespaces/{namespace}"

    def start(self, **annotations: str) -> None:
        """Make them; returns when all are ready."""
        # Whoever else has its injector registered here: these pods are written by hand.
        self.api.create_namespace(self.namespace, {keys.NAMESPACE_LABEL: "disabled"})
        self.api.create_service_account(self.namespace, ACCOUNT)
        self.api.allow(self.namespace, ACCOUNT, [*rbac.rules("db"), rbac.eviction()])
        self._thread.start()
        for manifest in self._workload(annotations):
            self.api.create(manifest)
        until(lambda: self.ready() == self.replicas, "all replicas are ready", 120)
        self._complete = True

    def _workload(self, annotations: Mapping[str, str]) -> Iterator[JsonObject]:
        selector = {"matchLabels": {"app": NAME}}
        metadata = {"name": NAME, "namespace": self.namespace}
        yield {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata,
            "spec": {"maxUnavailable": f"{self.budget}%", "selector": selector},
        }
        said = {f"{keys.PREFIX}{name}": text for name, text in annotations.items()}
        said |= {keys.ANNOTATION: TEXT, keys.MODE: keys.SIDECAR}
        pod = manifests.pod(self.namespace, NAME)["spec"]
        pod |= {"serviceAccountName": ACCOUNT, "nodeName": "played"}
        template = {"metadata": {"labels": {"app": NAME}, "annotations": said}, "spec": pod}
        yield {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": metadata,
            "spec": {"replicas": self.replicas, "selector": selector, "template": template},
        }

    def stored(self) -> str:
        """The value in the Secret, as a container that starts now gets it."""
        data = self.api.request("GET", f"{self._path}/secrets/db").body["data"]
        return base64.b64decode(data["password"]).decode()

    def values(self) -> list[str]:
        """What the apps of all pods started with."""
        return [pod.value for pod in list(self.pods.values())]

    def ready(self) -> int:
        """How many serve."""
        return sum(1 for it in self._list() if _serves(it))

    def patch(self, name: str, ready: str) -> None:
        """The pod's status, as its kubelet has it."""
        conditions = [{"type": "Ready", "status": ready}]
        status = {"status": {"phase": "Running", "conditions": conditions}}
        path = f"{self._path}/pods/{name}/status"
        self.api.request("PATCH", path, status, "application/merge-patch+json")

    def close(self) -> None:
        """No thread is left."""
        self._over.set()
        self._thread.join(10)
        for pod in self.pods.values():
            pod.ended.set()
        for pod in self.pods.values():
            pod.thread.join(20)

    def _list(self) -> list[JsonObject]:
        found: list[JsonObject] = self.api.request("GET", f"{self._path}/pods").body["items"]
        return found

    def _serve(self) -> None:
        while not self._over.wait(0.05):
            counts = self._complete  # first: what is listed then is not from before
            there = self._list()
            if counts:
                self.most_gone = max(self.most_gone, self.replicas - sum(map(_serves, there)))
            for stored in there:
                self._see(stored, stored["metadata"]["name"])

    def _see(self, stored: JsonObject, name: str) -> None:
        if stored["metadata"].get("deletionTimestamp"):
            if pod := self.pods.pop(name, None):
                pod.ended.set()
            now = {"gracePeriodSeconds": 0}
            self.api.request("DELETE", f"{self._path}/pods/{name}", now)
        elif name not in self.pods:
            self.made += 1
            self.pods[name] = Pod(self, stored)


def _serves(pod: JsonObject) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any(it["type"] == "Ready" and it["status"] == "True" for it in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


@contextmanager
def controllers(api: ControlPlane, program: Path, root: Path) -> Iterator[None]:
    """Those of ReplicaSets and PodDisruptionBudgets."""
    config = root / "kubeconfig"
    config.write_text(kubeconfig(api.url, Path(api.ca_file), {"token": api.admin_token}))
    flags = ("--controllers=replicaset-controller,disruption-controller", "--leader-elect=false")
    more = ("--secure-port=0", "--kube-api-qps=500", "--kube-api-burst=500")
    process = Process([str(program), f"--kubeconfig={config}", *flags, *more], root / "kcm.log")
    try:
        yield
        process.check()
    finally:
        process.stop()
