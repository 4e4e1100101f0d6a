"""An installation whose certificate the job keeps: own names, the chart's Roles."""

import base64
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml
from click.testing import CliRunner
from cryptography import x509

from initsync.kube.access import in_cluster
from initsync.network.transport import Network
from initsync.sync.retry import Retry
from initsync.testing import manifests
from initsync.testing.client import MERGE, Answer
from initsync.testing.closing import Closing
from initsync.testing.controlplane import ControlPlane
from initsync.words.model import JsonObject
from injector.certs import issue
from injector.certs.job import Job, Surroundings
from injector.certs.pair import Pair, authorities
from injector.certs.rotation import Rules
from injector.certs.store import Store
from injector.certs.stored import RENEW, Names
from injector.cli.main import main

SHIPPED = Path(__file__).parents[2] / "deploy/manifests"
HOST = "127.0.0.1"
QUICK = Rules((HOST,), trust_seconds=1, reload_seconds=1, skew_seconds=0)


class Installation(Closing):
    """Service, webhook configuration and Roles as they are shipped; the Secret is the job's.

    Annotated pods go to `url`; no pods to anywhere where that is empty.
    """

    def __init__(self, api: ControlPlane, directory: Path, url: str = "") -> None:
        self.api = api
        self.namespace = f"t-{uuid.uuid4().hex[:8]}"
        self.name = f"jasm-{uuid.uuid4().hex[:8]}"
        api.create_namespace(self.namespace)
        self.url = url
        self._networks: list[Network] = []
        hosts = (f"{self.name}.{self.namespace}.svc", *([HOST] if url else []))
        self.names = Names(self.namespace, f"{self.name}-tls", self.name, self.name, hosts)
        for document in [*self.shipped("service"), *self.shipped("certificates-rbac")]:
            api.apply(document)
        self.register()
        self._account = directory / "serviceaccount"
        self._account.mkdir()
        (self._account / "ca.crt").write_text(Path(api.ca_file).read_text())
        self.identify(f"{self.name}-job")

    def shipped(self, file: str) -> list[JsonObject]:
        """The documents of a file in deploy/manifests, under the names of this installation."""
        text = (SHIPPED / f"{file}.yaml").read_text()
        for old, new in (
            ("jasm-system", self.namespace),
            ("jasm-certificates", f"{self.name}-job"),
            ("jasm-injector", self.name),
        ):
            text = text.replace(old, new)
        return list(yaml.safe_load_all(text))

    def register(self) -> None:
        """Apply the webhook configuration."""
        (document,) = self.shipped("mutatingwebhookconfiguration")
        for entry in document["webhooks"]:
            if self.url:
                entry["clientConfig"] = {"url": self.url}
            else:
                entry["objectSelector"] = {"matchLabels": {"nobody": "has-this"}}
        self.api.apply(document)

    def call(self, url: str) -> None:
        """Have annotated pods sent there from now on."""
        self.url = url
        self.register()

    def unregister(self) -> None:
        """Delete it."""
        (document,) = self.shipped("mutatingwebhookconfiguration")
        self.api.request("DELETE", manifests.path(document))

    def identify(self, service_account: str) -> None:
        """Run the job as this one from now on."""
        self.token = self.api.create_token(self.namespace, service_account)
        (self._account / "token").write_text(self.token)

    def command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        """The job's command line and environment, as in its pod."""
        host, _, port = self.api.url.removeprefix("https://").partition(":")
        env = {name: value for name, value in os.environ.items() if not name.startswith("JASM_")}
        env |= {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        env |= {"JASM_SERVICEACCOUNT_DIR": str(self._account)}
        names = [f"--secret={self.names.secret}", f"--namespace={self.namespace}"]
        names += [f"--service={self.name}", f"--webhook={self.name}"]
        names += [f"--ip={HOST}"] if self.url else []
        waits = ["--trust-seconds=1", "--reload-seconds=1", "--skew-seconds=0", "--timeout=60"]
        return [sys.executable, "-m", "injector", "certs", *names, *waits, *arguments], env

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """One run of the job, in this process: most of the work of another is its start.

        Those of `command` are processes as its pod has them.
        """
        (_, _, _, *command), env = self.command(*arguments)
        only = {name: env.get(name) for name in {*os.environ, *env}}
        before = signal.getsignal(signal.SIGTERM)
        try:
            done = CliRunner().invoke(main, command, env=only)
        finally:
            signal.signal(signal.SIGTERM, before)
        assert "PRIVATE KEY" not in done.output
        return subprocess.CompletedProcess(command, done.exit_code, done.stdout, done.stderr)

    def job(
        self,
        store: Callable[..., Store] = Store,
        rules: Rules | None = None,
        sleep: Callable[[float], None] = time.sleep,
        interval: float = 0,
    ) -> Job:
        """The same in this process."""
        access = in_cluster(*self._surroundings())
        end = time.monotonic() + 60
        network = Network({}, lambda: 60.0, lambda _: None)
        self._networks.append(network)
        around = Surroundings(
            Retry(time.monotonic, time.sleep, lambda: 0.1, end, lambda _: None),
            lambda: end - time.monotonic(),
            sleep,
            lambda kind, sentence: None,
            lambda now: issue.issue(self.names.hosts, now, 365),
        )
        own = (rules or QUICK)._replace(hosts=self.names.hosts)
        kept = store(access.api(network), self.names)
        return Job(kept, self.names, own, around, interval, dry_run=False)

    def _surroundings(self) -> tuple[dict[str, str], str]:
        _, env = self.command()
        return env, str(self._account)

    @property
    def secret_path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/secrets/{self.names.secret}"

    def secret(self) -> JsonObject:
        """As it is stored."""
        return dict(self.api.request("GET", self.secret_path).body)

    def owners(self) -> list[str]:
        """The uids of what the Secret goes with."""
        return [it["uid"] for it in self.secret()["metadata"].get("ownerReferences", [])]

    def service_uid(self) -> str:
        """Of the Service as it is now."""
        return str(self.api.get(self.shipped("service")[0])["metadata"]["uid"])

    def data(self, name: str) -> bytes:
        """One value of the Secret."""
        return base64.b64decode((self.secret().get("data") or {}).get(name, ""))

    def change_secret(self, patch: JsonObject) -> Answer:
        """As the administrator."""
        return self.api.request("PATCH", self.secret_path, patch, MERGE)

    def ask_for_renewal(self) -> None:
        """As docs/certificates.md tells a person to."""
        annotation = {RENEW: str(time.monotonic_ns())}
        self.change_secret({"metadata": {"annotations": annotation}})

    def webhook(self) -> JsonObject:
        """The configuration as it is stored."""
        return self.api.get(self.shipped("mutatingwebhookconfiguration")[0])

    def bundles(self) -> list[str]:
        """The caBundle of each entry."""
        clients = [entry["clientConfig"] for entry in self.webhook()["webhooks"]]
        return [base64.b64decode(client.get("caBundle", "")).decode() for client in clients]

    def change_bundles(self, bundle: str) -> None:
        """As the administrator."""
        webhooks = self.webhook()["webhooks"]
        for entry in webhooks:
            entry["clientConfig"]["caBundle"] = base64.b64encode(bundle.encode()).decode()
        target = manifests.path(self.shipped("mutatingwebhookconfiguration")[0])
        self.api.request("PATCH", target, {"webhooks": webhooks}, MERGE)

    def is_sound(self) -> bool:
        """Whether every entry trusts the certificate that is in the Secret."""
        certificate = x509.load_pem_x509_certificate(self.data("tls.crt"))
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(self.data("ca.crt")))
        (ca,) = authorities(self.data("ca.crt"))
        return all(ca in bundle for bundle in self.bundles())

    def is_settled(self) -> bool:
        """Whether they trust nothing else, and no renewal is under way."""
        only = self.bundles() == authorities(self.data("ca.crt")) * 3
        return only and set(self.secret()["data"]) == {"ca.crt", "tls.crt", "tls.key"}

    def close(self) -> None:
        """No test after this one has its pods called for."""
        for network in self._networks:
            network.close()
        self.unregister()


def tls_secret(names: Names, pair: Pair) -> JsonObject:
    """As `kubectl create secret tls` makes it, with its CA."""
    parts = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": pair.ca}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": names.secret, "namespace": names.namespace},
        "type": "kubernetes.io/tls",
        "data": encoded(parts),
    }


def encoded(data: Mapping[str, bytes]) -> dict[str, str]:
    """As a Secret has it."""
    return {name: base64.b64encode(text).decode() for name, text in data.items()}


def take_away(installed: Installation, kind: str, resource: str, verb: str) -> None:
    """Apply the shipped Roles anew without that verb."""
    for document in installed.shipped("certificates-rbac"):
        if document["kind"] == kind:
            for rule in document["rules"]:
                if rule["resources"] == [resource]:
                    rule["verbs"].remove(verb)
            document["rules"] = [rule for rule in document["rules"] if rule["verbs"]]
            installed.api.apply(document)
