"""What tests and the demo ask of an API server; the embedded and the real one differ below it.

Everything here is requests of the cluster's administrator, so it is the same for both.
"""

import base64
import time
import uuid
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from initsync.testing import manifests
from initsync.testing.client import APPLY, Answer, Client, Refused
from initsync.testing.closing import Closing
from initsync.words.model import JsonObject
from initsync.words.rules import user_name

_DEADLINE = 10.0
_MANAGER = "jasm-testing"

__all__ = ["Answer", "ApiServer", "Client", "Refused"]


class ApiServer(Closing):
    """A running Kubernetes API on this machine. Leaving the `with` block ends it."""

    def __init__(self, url: str, ca_file: str, admin_token: str) -> None:
        self.url = url
        self.ca_file = ca_file
        self.admin_token = admin_token
        """A token of the group system:masters."""
        self._admin = self.client(admin_token)

    @abstractmethod
    def calls(self, user: str | None = None) -> Counter[tuple[str, str]]:
        """Requests so far by (verb, resource), such as ("patch", "secrets"); `user`'s, or all."""

    @abstractmethod
    def close(self) -> None:
        """End the server and remove its files."""

    def client(self, token: str | None) -> Client:
        """Requests as the bearer of `token`, or anonymous ones."""
        return Client(self.url, self.ca_file, token)

    def request(
        self, method: str, path: str, body: object = None, content_type: str = "application/json"
    ) -> Answer:
        """One request of the administrator, whatever its answer."""
        return self._admin.request(method, path, body, content_type)

    def create(self, manifest: JsonObject) -> JsonObject:
        """The object as stored. Raises Refused."""
        return self._admin.must("POST", manifests.collection(manifest), manifest)

    def apply(self, manifest: JsonObject) -> JsonObject:
        """The object as stored, created or changed. Raises Refused."""
        target = f"{manifests.path(manifest)}?fieldManager={_MANAGER}&force=true"
        return self._admin.must("PATCH", target, manifest, APPLY)

    def get(self, manifest: JsonObject) -> JsonObject:
        """What is stored under the manifest's kind, namespace and name. Raises Refused."""
        return self._admin.must("GET", manifests.path(manifest))

    def create_namespace(self, name: str, labels: dict[str, str] | None = None) -> None:
        """A namespace with what a cluster's controllers would put into it."""
        self.apply(manifests.namespace(name, labels or {}))
        self.create_service_account(name, "default")
        ca = Path(self.ca_file).read_text(encoding="ascii")
        self.apply(manifests.config_map(name, "kube-root-ca.crt", {"ca.crt": ca}))

    def create_service_account(self, namespace: str, name: str) -> str:
        """Create it; the user name by which RBAC and `calls` know it."""
        self.apply(manifests.service_account(namespace, name))
        return user_name(namespace, name)

    def create_token(
        self,
        namespace: str,
        service_account: str,
        *,
        audience: str | None = None,
        pod: JsonObject | None = None,
        seconds: int = 3600,
    ) -> str:
        """A ServiceAccount's token, for the API server or `audience`; bound to a stored `pod`."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token"
        review = manifests.token_request(audience, pod, seconds)
        return str(self._admin.must("POST", path, review)["status"]["token"])

    def allow(self, namespace: str, service_account: str, rules: Sequence[JsonObject]) -> None:
        """Give it these RBAC rules in its namespace, and wait until they are in force."""
        role = f"{service_account}-{uuid.uuid4().hex[:8]}"
        for manifest in manifests.role(namespace, role, service_account, rules):
            self.apply(manifest)
        user = user_name(namespace, service_account)
        for rule in rules:
            names = rule.get("resourceNames") or [""]
            resource = ".".join(filter(None, (rule["resources"][-1], rule["apiGroups"][-1])))
            self.await_access(user, namespace, rule["verbs"][-1], resource, names[-1])

    def await_access(
        self, user: str, namespace: str, verb: str, resource: str, name: str = ""
    ) -> None:
        """Return when RBAC lets `user` do that: a Role takes some milliseconds to be in force.

        `resource` may have its group, as in `deployments.apps`.
        """
        review = manifests.access_review(user, namespace, verb, resource, name)
        path = manifests.collection(review)
        deadline = time.monotonic() + _DEADLINE
        while not self._admin.must("POST", path, review)["status"]["allowed"]:
            if time.monotonic() > deadline:
                wanted = f"{verb} {resource} {name} in namespace {namespace}"
                raise TimeoutError(f"no Role allows {user} to {wanted} after {_DEADLINE:g} s")
            time.sleep(0.01)

    def register_webhook(self, url: str, ca_pem: str) -> None:
        """Have annotated pods sent to the injector at `url`, by the conditions of D21."""
        bundle = base64.b64encode(ca_pem.encode()).decode()
        self.apply(manifests.webhook_configuration({"url": url, "caBundle": bundle}))

    def unregister_webhook(self) -> None:
        """Forget the injector. Raises Refused where none is registered."""
        self._admin.must("DELETE", manifests.path(manifests.webhook_configuration({})))
