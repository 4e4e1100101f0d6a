"""A real cluster with JASM installed as `deploy/` has it, and a pod of which all is right."""

import base64
import copy
import datetime
import tempfile
from pathlib import Path
from typing import Any

import yaml

from initsync import __version__
from initsync.kube import rbac
from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.client import MERGE, Answer
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from initsync.words.model import JsonObject
from injector.certs.issue import self_signed
from tests.chart.helm import REGISTRY
from tests.polling import until

DEPLOY = Path(__file__).parent.parent.parent / "deploy" / "manifests"
SYSTEM = "jasm-system"
HOST = f"jasm-injector.{SYSTEM}.svc"
TLS = "jasm-injector-tls"
ANNOTATION = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"
WEB_IDENTITY = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
ENDED = {"terminated": {"exitCode": 0, "reason": "Completed"}}


def documents(name: str) -> list[JsonObject]:
    """Those of a file of deploy/manifests."""
    return [found for found in yaml.safe_load_all((DEPLOY / name).read_text()) if found]


class Clinic:
    """The cluster; `heal` puts everything of JASM's back as it should be."""

    def __init__(self, api: ControlPlane, aws: AwsServer) -> None:
        self.api = api
        self.role = aws.role_arn("app")
        self.certificate(days=365)

    def certificate(self, days: int, host: str = HOST, age: int = 0) -> None:
        """Make a new CA and certificate, `age` days ago, and install all of JASM with them."""
        now = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=age)
        with tempfile.TemporaryDirectory() as name:
            ca, leaf, _ = self_signed(Path(name) / "certs", [host], now, days)
            self._ca, self._leaf = (_base64(file.read_bytes()) for file in (ca, leaf))
        self.heal()

    def heal(self) -> None:
        """Install JASM, or mend it."""
        self.api.create_namespace(SYSTEM)
        for name in ("deployment.yaml", "guard.yaml", "mutatingwebhookconfiguration.yaml"):
            for document in documents(name):
                for hook in document.get("webhooks") or []:
                    hook["clientConfig"] = hook["clientConfig"] | {"caBundle": self._ca}
                self.api.apply(document)
        self.api.apply(_object("v1", "Secret", SYSTEM, TLS, data={"tls.crt": self._leaf}))
        self.endpoints(ready=True)

    def endpoints(self, *, ready: bool) -> None:
        """Two of the injector's, as the control plane would have written them."""
        slice_ = _object("discovery.k8s.io/v1", "EndpointSlice", SYSTEM, "jasm-injector-1")
        slice_["metadata"]["labels"] = {"kubernetes.io/service-name": "jasm-injector"}
        addresses = ("10.0.0.1", "10.0.0.2")
        self.api.apply(
            slice_
            | {
                "addressType": "IPv4",
                "ports": [{"name": "https", "port": 8443, "protocol": "TCP"}],
                "endpoints": [
                    {"addresses": [address], "conditions": {"ready": ready}}
                    for address in addresses
                ],
            }
        )

    def patch(self, manifest: JsonObject, change: JsonObject, below: str = "") -> JsonObject:
        """Merge `change` into a stored object."""
        answer: Answer = self.api.request("PATCH", manifests.path(manifest) + below, change, MERGE)
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def delete(self, manifest: JsonObject) -> None:
        """Delete a stored object."""
        answer = self.api.request("DELETE", manifests.path(manifest))
        assert answer.status in (200, 202), answer.body

    def shop(self, namespace: str) -> None:
        """A namespace whose ServiceAccount `app` has all that a sync needs."""
        self.api.create_namespace(namespace)
        account = manifests.service_account(namespace, "app")
        account["metadata"]["annotations"] = {"eks.amazonaws.com/role-arn": self.role}
        self.api.apply(account)
        self.api.allow(namespace, "app", rbac.rules("db"))

    def secret(self, namespace: str) -> JsonObject:
        """The Secret that the pod asks for, as JASM writes it."""
        made = _object("v1", "Secret", namespace, "db", type="Opaque")
        made["metadata"] |= {
            "labels": {
                keys.MANAGED_BY: keys.MANAGED_BY_DEFAULT,
                keys.PROVIDER: "aws-secretsmanager",
            },
            "annotations": {keys.SOURCE_PATH: "/prod/db", keys.SYNCED_AT: "2020-01-01T00:00:00Z"},
        }
        return made | {"data": {"password": _base64(b"pl4nted-value")}}

    def pod(self, namespace: str) -> JsonObject:
        """As both webhooks, JASM's and AWS's, leave it."""
        made = manifests.pod(namespace, "web", {keys.ANNOTATION: ANNOTATION})
        made["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "db"}}]
        made["metadata"]["annotations"][keys.INJECTED] = __version__
        token = {"serviceAccountToken": {"path": "token", "audience": "sts.amazonaws.com"}}
        env = {
            "AWS_ROLE_ARN": self.role,
            "AWS_WEB_IDENTITY_TOKEN_FILE": f"{WEB_IDENTITY}/token",
            "AWS_REGION": "eu-central-1",
        }
        made["spec"] |= {
            "serviceAccountName": "app",
            "volumes": [{"name": "aws-iam-token", "projected": {"sources": [token]}}],
            "initContainers": [
                {
                    "name": keys.CONTAINER,
                    "image": f"{REGISTRY}/jasm/init:{__version__}",
                    "env": [{"name": name, "value": value} for name, value in env.items()],
                    "volumeMounts": [{"name": "aws-iam-token", "mountPath": WEB_IDENTITY}],
                }
            ],
        }
        return made

    def started(self, pod: JsonObject, state: Any, **more: Any) -> JsonObject:
        """The pod, created, with what a kubelet would say of its init container."""
        made = self.api.create(copy.deepcopy(pod))
        status = {"name": keys.CONTAINER, "image": "i", "imageID": "", "ready": False}
        status |= {"restartCount": 0, "state": state, **more}
        return self.patch(pod, {"status": {"initContainerStatuses": [status]}}, "/status") or made

    def made_without_injector(self, pod: JsonObject) -> None:
        """Create a pod that the injector does not see: it is not registered for that moment."""
        (hooks,) = documents("mutatingwebhookconfiguration.yaml")
        self.delete(hooks)
        path = f"{manifests.collection(pod)}?dryRun=All"
        until(lambda: self.api.request("POST", path, pod).status == 201, "no webhook is called")
        self.api.create(pod)
        self.heal()


def _object(version: str, kind: str, namespace: str, name: str, **more: Any) -> JsonObject:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
