"""One namespace of a cluster with all that a sync needs, for the tests to use and to break."""

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

from initsync.kube import rbac
from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.podrun import AwsIdentity, Finished, run_container
from initsync.testing.server import ApiServer
from initsync.words import keys
from initsync.words.model import JsonObject
from initsync.words.rules import user_name


class Shop:
    """One namespace with a ServiceAccount that may sync the Secret `db`, and a secret in AWS."""

    def __init__(self, api: ApiServer, namespace: str, aws: AwsServer) -> None:
        self.api, self.namespace, self.aws = api, namespace, aws
        self.programs: Path | None = None
        """Where the container's command is looked for, if not beside this Python."""
        self.path = f"/{namespace}/db"
        self.user = user_name(namespace, "app")
        api.create_service_account(namespace, "app")
        api.allow(namespace, "app", rbac.rules("db"))
        aws.put_secret(self.path, {"user": "u", "password": "pl4nted-one", "port": 5432})

    def pod(
        self,
        name: str,
        annotation: str | None = None,
        annotations: dict[str, str] | None = None,
        **spec: Any,
    ) -> JsonObject:
        text = f"provider: aws-secretsmanager\npath: {self.path}\nsecretName: db\n"
        said = {keys.ANNOTATION: text if annotation is None else annotation}
        pod = manifests.pod(self.namespace, name, said | (annotations or {}))
        pod["spec"] |= {"serviceAccountName": "app", "automountServiceAccountToken": False} | spec
        return self.api.create(pod)

    def run(self, pod: JsonObject, **env: str) -> Finished:
        identity = AwsIdentity(self.aws.role_arn("app"), self.aws.region, self.aws.url)
        ended = run_container(
            self.api, pod, "jasm-init", aws=identity, env=env, programs=self.programs
        )
        assert "pl4nted" not in ended.stdout + ended.stderr
        return ended

    def calls(self) -> Counter[tuple[str, str]]:
        return self.api.calls(self.user)

    def secret(self) -> JsonObject:
        metadata = {"name": "db", "namespace": self.namespace}
        return self.api.get({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})

    def values(self) -> dict[str, str]:
        data = self.secret()["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def events(self, pod: JsonObject) -> list[JsonObject]:
        answer = self.api.request("GET", f"/api/v1/namespaces/{self.namespace}/events")
        assert "pl4nted" not in json.dumps(answer.body)
        uid = pod["metadata"]["uid"]
        return [event for event in answer.body["items"] if event["involvedObject"]["uid"] == uid]
