"""What the story plays on: AWS and a cluster on this machine, and the real injector between."""

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from initsync.kube import rbac
from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane.progress import Progress
from initsync.testing.podrun import AwsIdentity, Finished, run_container
from initsync.testing.server import ApiServer
from initsync.testing.vault import AUDIENCE, VaultServer
from initsync.testing.webhook import Webhook
from initsync.words import keys
from initsync.words.model import JsonObject

NAMESPACE = "shop"
ACCOUNT = "app"
TOKEN_FILE = "vault-token"  # noqa: S105  # as the provider looks for it
SECRET = "app-credentials"  # noqa: S105  # its name
PATH = "/prod/codnod/config"
MAIL = "mail-credentials"
MAIL_PATH = "secret/shop/mail"
ANNOTATION = f"provider: aws-secretsmanager\npath: {PATH}\nsecretName: {SECRET}\n"
BOTH = f"""\
secrets:
  - provider: aws-secretsmanager
    path: {PATH}
    secretName: {SECRET}
  - provider: vault
    path: {MAIL_PATH}
    secretName: {MAIL}
    values:
      SMTP_URL: smtp://${{username|uri}}:${{password|uri}}@mail.example:587
"""


class Stage(NamedTuple):
    """Everything that runs; the namespace and its ServiceAccount are there."""

    api: ApiServer
    aws: AwsServer
    vault: VaultServer
    webhook: Webhook

    def create_pod(self, name: str, annotation: str, account: str = ACCOUNT) -> JsonObject:
        """An annotated pod, as the API server stored it after admission."""
        pod = manifests.pod(NAMESPACE, name, {keys.ANNOTATION: annotation})
        pod["spec"] |= {"serviceAccountName": account, "automountServiceAccountToken": False}
        pod["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": SECRET}}]
        return self.api.create(pod)

    def run_init(self, pod: JsonObject) -> Finished:
        """The injected container's own command, environment and files, as a process."""
        identity = AwsIdentity(self.aws.role_arn(ACCOUNT), self.aws.region, self.aws.url)
        return run_container(self.api, pod, keys.CONTAINER, aws=identity)

    def kubeconfig(self) -> JsonObject:
        """The administrator's, with the demo's namespace chosen."""
        cluster = {"server": self.api.url, "certificate-authority": self.api.ca_file}
        context = {"cluster": "demo", "user": "demo", "namespace": NAMESPACE}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "demo", "cluster": cluster}],
            "users": [{"name": "demo", "user": {"token": self.api.admin_token}}],
            "contexts": [{"name": "demo", "context": context}],
            "current-context": "demo",
        }

    def secret(self, name: str = SECRET) -> JsonObject:
        """The Secret as the API server stores it."""
        metadata = {"name": name, "namespace": NAMESPACE}
        return self.api.get({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})

    def last_event(self, pod: JsonObject) -> JsonObject:
        """The last Event that was put on `pod`."""
        answer = self.api.request("GET", f"/api/v1/namespaces/{NAMESPACE}/events")
        uid = pod["metadata"]["uid"]
        found: list[JsonObject] = [
            event for event in answer.body["items"] if event["involvedObject"].get("uid") == uid
        ]
        return found[-1]


@contextmanager
def api_server(kind: str, progress: Progress) -> Iterator[ApiServer]:
    """`embedded`, or `real`: etcd and kube-apiserver, built at first use with progress shown."""
    if kind == "embedded":
        from initsync.testing.apiserver import EmbeddedApiServer

        with EmbeddedApiServer() as api:
            yield api
    else:
        from initsync.testing.controlplane import ControlPlane, find_or_build

        with ControlPlane(find_or_build(os.environ, progress)) as real:
            yield real


@contextmanager
def stage(kind: str, progress: Progress) -> Iterator[Stage]:
    """Set everything up, and end it all afterwards."""
    with ExitStack() as running:
        api = running.enter_context(api_server(kind, progress))
        aws = running.enter_context(AwsServer())
        vault = running.enter_context(VaultServer(api, {ACCOUNT: f"{NAMESPACE}/{ACCOUNT}"}))
        platforms = (f"--token={TOKEN_FILE}={AUDIENCE}", f"--env=VAULT_ADDR={vault.url}")
        webhook = running.enter_context(Webhook(options=platforms))
        api.register_webhook(webhook.url, webhook.ca_pem)
        api.create_namespace(NAMESPACE)
        api.create_service_account(NAMESPACE, ACCOUNT)
        api.allow(NAMESPACE, ACCOUNT, rbac.rules(SECRET, MAIL))
        password = uuid.uuid4().hex
        aws.put_secret(PATH, {"DB_HOST": "db", "DB_PORT": 5432, "DB_PASSWORD": password})
        vault.put(MAIL_PATH, {"username": "shop", "password": uuid.uuid4().hex})
        yield Stage(api, aws, vault, webhook)
