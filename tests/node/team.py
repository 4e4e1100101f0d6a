"""An application team: a namespace, a ServiceAccount, a secret in AWS, and the pods that use it."""

import copy
import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from initsync.kube import rbac
from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.node.images import BASE
from tests.node.waiting import DEADLINE, until

LABELS = {"app": "app"}
PASSWORD = "pl4nted-on-the-node"
_TOKEN = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
# Values are compared by their digests: neither log nor manifest ever shows one.
SHOW_ENV = 'printf %s "$password" | sha256sum'


class Team:
    """Its secret is at `path` in AWS and becomes the Secret `db`, whose name is the only one that
    its ServiceAccount may write."""

    def __init__(
        self,
        api: ControlPlane,
        aws: AwsServer,
        labels: Mapping[str, str] | None = None,
        *,
        role: bool = True,
    ) -> None:
        self.api, self.aws = api, aws
        self.namespace = f"t-{uuid.uuid4().hex[:10]}"
        self.path = f"/{self.namespace}/db"
        api.create_namespace(self.namespace, dict(labels or {}))
        api.create_service_account(self.namespace, "app")
        if role:
            api.allow(self.namespace, "app", rbac.rules("db"))

    def put_secret(self, value: str = PASSWORD) -> None:
        """Make it in AWS."""
        self.aws.put_secret(self.path, {"password": value, "user": "u"})

    def annotation(self, **changes: str) -> str:
        fields = {"provider": "aws-secretsmanager", "path": self.path, "secretName": "db"}
        return "".join(f"{name}: {value}\n" for name, value in (fields | changes).items())

    def template(
        self,
        container: Mapping[str, Any] | None = None,
        annotations: Mapping[str, str] | None = None,
        *,
        irsa: bool = True,
        **spec: Any,
    ) -> JsonObject:
        """A pod's metadata and spec: what people write, and then AWS's webhook where the
        ServiceAccount has a role (`irsa`). It shows the digest of `password` and ends."""
        app = {"name": "app", "image": BASE, "command": ["sh", "-c", SHOW_ENV]}
        whole = {
            "serviceAccountName": "app",
            "restartPolicy": "OnFailure",
            "terminationGracePeriodSeconds": 1,
            "containers": [app | dict(container or {})],
        }
        whole = copy.deepcopy(whole | spec)
        said = {keys.ANNOTATION: self.annotation()} | dict(annotations or {})
        pod = {"metadata": {"annotations": said}, "spec": whole}
        return with_role(pod, self.aws) if irsa else pod

    def labelled(
        self,
        container: Mapping[str, Any],
        annotations: Mapping[str, str] | None = None,
        **spec: Any,
    ) -> JsonObject:
        """That template for a workload, whose pods have LABELS."""
        template = self.template(container, annotations, **spec)
        template["metadata"]["labels"] = LABELS
        return template

    def create(self, kind: str, version: str, name: str, **fields: Any) -> JsonObject:
        metadata = {"name": name, "namespace": self.namespace}
        return self.api.create(
            {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}
        )

    def pod(
        self,
        name: str,
        container: Mapping[str, Any] | None = None,
        annotations: Mapping[str, str] | None = None,
        **spec: Any,
    ) -> JsonObject:
        """Create the pod of that template."""
        return self.api.create(self._pod(name, self.template(container, annotations, **spec)))

    def injected(self, name: str, container: Mapping[str, Any], **spec: Any) -> JsonObject:
        """The pod as the injector leaves it, not created: for those who change it then."""
        pod = self._pod(name, self.template(container, **spec))
        answer = self.api.request("POST", f"{manifests.collection(pod)}?dryRun=All", pod).body
        return self._pod(name, {**pod, "spec": answer["spec"]})

    def _pod(self, name: str, template: JsonObject) -> JsonObject:
        named = {**template["metadata"], "name": name, "namespace": self.namespace}
        return {"apiVersion": "v1", "kind": "Pod", **template, "metadata": named}

    def get(self, kind: str, version: str, name: str) -> JsonObject:
        """As it is now."""
        metadata = {"name": name, "namespace": self.namespace}
        return self.api.get({"apiVersion": version, "kind": kind, "metadata": metadata})

    def pods(self, **labels: str) -> list[JsonObject]:
        """Those with these labels."""
        selector = "%2C".join(f"{name}%3D{value}" for name, value in labels.items())
        path = f"/api/v1/namespaces/{self.namespace}/pods?labelSelector={selector}"
        return list(self.api.request("GET", path).body["items"])

    def status(self, name: str) -> JsonObject:
        """Of a pod."""
        status: JsonObject = self.get("Pod", "v1", name)["status"]
        return status

    def await_phase(self, name: str, phase: str, seconds: float = DEADLINE) -> None:
        """Return when the pod is in that phase."""
        until(lambda: self.status(name).get("phase") == phase, f"{name} is {phase}", seconds)

    def log(self, name: str, container: str = "app") -> str:
        """What the container printed."""
        pod = {"apiVersion": "v1", "kind": "Pod"}
        pod["metadata"] = {"name": name, "namespace": self.namespace}  # type: ignore[assignment]
        answer = self.api.request("GET", f"{manifests.path(pod)}/log?container={container}")
        return answer.body if isinstance(answer.body, str) else json.dumps(answer.body)

    def shown(self, name: str) -> list[str]:
        """The digests that the pod's app printed."""
        return [line.split()[0] for line in self.log(name).splitlines()]

    def reasons(self, name: str) -> list[str]:
        """Of the Events on the pod."""
        return [event["reason"] for event in self.events(name)]

    def waited_for_its_secret(self, name: str) -> list[str]:
        """What the kubelet said of mounts of the pod that a Secret was missing for.

        Not of others: of a busy node it also says that its caches are not filled yet.
        """
        said = [it["message"] for it in self.events(name) if it["reason"] == "FailedMount"]
        return [message for message in said if 'secret "' in message]

    def events(self, name: str) -> list[JsonObject]:
        """On the pod, the oldest first."""
        found = self.api.request("GET", f"/api/v1/namespaces/{self.namespace}/events").body
        return [event for event in found["items"] if event["involvedObject"].get("name") == name]


def digest(value: str = PASSWORD) -> str:
    """As sha256sum prints it."""
    return hashlib.sha256(value.encode()).hexdigest()


def with_role(pod: JsonObject, aws: AwsServer) -> JsonObject:
    """What AWS's webhook does to the pod of a ServiceAccount with a role.

    https://github.com/aws/amazon-eks-pod-identity-webhook
    """
    env = [
        {"name": "AWS_REGION", "value": aws.region},
        {"name": "AWS_ROLE_ARN", "value": aws.role_arn("app")},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": f"{_TOKEN}/token"},
    ]
    mount = {"name": "aws-iam-token", "mountPath": _TOKEN, "readOnly": True}
    token = {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}
    volume = {"name": "aws-iam-token", "projected": {"sources": [{"serviceAccountToken": token}]}}
    for container in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
        container.setdefault("env", []).extend(env)
        container.setdefault("volumeMounts", []).append(mount)
    pod["spec"].setdefault("volumes", []).append(volume)
    return pod
