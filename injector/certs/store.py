"""The objects that the certificate job touches, as the Kubernetes API has them.

By the one REST client of JASM (D2): so the job runs from the injector's own image, without
the `kubernetes` package. The serving process never imports this.
"""

import datetime
import email.utils

from initsync.kube.answers import missing, stored
from initsync.kube.api import APPLY, JSON, MERGE, SECRETS, STRATEGIC, Api, Resource
from initsync.kube.reads import REGISTRATIONS, WEBHOOKS
from initsync.network.transport import Response
from initsync.words.model import JsonObject
from injector.certs.stored import MANAGER, Names

_SERVICES = Resource("", "services")
_WARNINGS = Resource(REGISTRATIONS, "validatingwebhookconfigurations")
_RIGHT = (
    "it needs get and patch on the webhook configurations, get, create, patch and delete on "
    "that Secret and get on that Service: apply the chart's templates/certificates-rbac.yaml"
)


class Store:
    """One identity on one cluster. Everything raises ClusterError."""

    def __init__(self, api: Api, names: Names) -> None:
        self._api = api
        self._secret = SECRETS.path(names.namespace, names.secret)
        self._service = _SERVICES.path(names.namespace, names.service)
        self._webhook = WEBHOOKS.path("", names.webhook)
        self._beside = _WARNINGS.path("", names.webhook)
        self._titles = {
            self._beside: names.beside_title,
            self._secret: names.secret_title,
            self._service: names.service_title,
            self._webhook: names.webhook_title,
        }
        self.now = datetime.datetime.now(datetime.UTC)
        """The time by the API server's clock, as of its last answer."""

    def webhook(self) -> JsonObject | None:
        """The webhook's configuration, or None where there is none."""
        return self._get(self._webhook)

    def beside(self) -> JsonObject | None:
        """The configuration of workloads, or None."""
        return self._get(self._beside)

    def secret(self) -> JsonObject | None:
        """The Secret with the certificate, or None where there is none."""
        return self._get(self._secret)

    def service(self) -> JsonObject | None:
        """The Service that the certificate is for, or None."""
        return self._get(self._service)

    def create_secret(self, manifest: JsonObject) -> None:
        """Create it by server-side apply: the one way to create that RBAC can limit by name (F1).

        Raises ClusterConflict where there is one meanwhile, as the manifest's version asks.
        """
        target = f"{self._secret}?fieldManager={MANAGER}&force=true"
        self._write(target, "create", manifest, APPLY)

    def patch_secret(self, patch: JsonObject) -> None:
        """Patch the Secret. Raises ClusterConflict where it has another resourceVersion."""
        self._write(f"{self._secret}?fieldManager={MANAGER}", "patch", patch, MERGE)

    def patch_webhook(self, patch: JsonObject) -> None:
        """Patch the webhook's configuration; its entries are merged by their names."""
        self._write(f"{self._webhook}?fieldManager={MANAGER}", "patch", patch, STRATEGIC)

    def patch_beside(self, patch: JsonObject) -> None:
        """Patch the configuration of workloads; its entries are merged by their names."""
        self._write(f"{self._beside}?fieldManager={MANAGER}", "patch", patch, STRATEGIC)

    def _get(self, path: str) -> JsonObject | None:
        action = f"get {self._titles[path]}"
        response = self._send("GET", path, action)
        return None if missing(response) else stored(response, action, right=_RIGHT)

    def _write(self, target: str, verb: str, body: JsonObject, kind: str) -> None:
        action = f"{verb} {self._titles[target.partition('?')[0]]}"
        response = self._send("PATCH", target, action, body, kind)
        stored(response, action, private=True, right=_RIGHT)

    def _send(
        self,
        method: str,
        path: str,
        action: str,
        body: JsonObject | None = None,
        kind: str = JSON,
    ) -> Response:
        response = self._api.send(method, path, action, body, kind)
        if date := response.headers.get("date"):
            self.now = email.utils.parsedate_to_datetime(date).astimezone(datetime.UTC)
        return response
