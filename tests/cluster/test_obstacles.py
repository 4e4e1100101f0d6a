"""What others put in the way of a write: each is one sentence, and nothing of theirs is lost."""

import base64
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from initsync import keys
from initsync.model import JsonObject
from initsync.testing.pki import Authority
from initsync.testing.podrun import Finished
from initsync.testing.server import ApiServer
from tests.cluster.shop import Shop

DEADLINE = 20.0


def last(ended: Finished) -> str:
    return ended.stderr.splitlines()[-1]


def until(done: Callable[[], bool]) -> None:
    """An admission plugin sees its configuration a moment after it is stored."""
    deadline = time.monotonic() + DEADLINE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def refuses_secrets(api: ApiServer, namespace: str) -> bool:
    """Whether a new Secret would be refused now."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "probe"}}
    path = f"/api/v1/namespaces/{namespace}/secrets?dryRun=All"
    return api.request("POST", path, secret).status != 201


def test_a_quota_on_secrets_is_named(real_shop: Shop) -> None:
    shop = real_shop
    quota: JsonObject = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": shop.namespace},
        "spec": {"hard": {"secrets": "0"}},
    }
    path = f"/api/v1/namespaces/{shop.namespace}/resourcequotas"
    assert shop.api.request("POST", path, quota).status == 201
    # the quota controller's part, which does not run here
    status = {"status": {"hard": {"secrets": "0"}, "used": {"secrets": "0"}}}
    merge = "application/merge-patch+json"
    assert shop.api.request("PATCH", f"{path}/few/status", status, merge).status == 200
    until(lambda: refuses_secrets(shop.api, shop.namespace))
    pod = shop.pod("web-1")

    ended = shop.run(pod)

    assert ended.exit_code == 5
    assert "exceeded quota: few, requested: secrets=1" in last(ended)
    assert "raise the namespace's ResourceQuota" in last(ended)
    assert shop.events(pod)[0]["reason"] == "KubernetesForbidden"


def test_a_namespace_on_its_way_out_is_named(real_shop: Shop, tmp_path: Path) -> None:
    """As a container that began before: no token is made in such a namespace any more."""
    shop = real_shop
    pod = shop.pod("web-1")
    files = {
        "token": shop.api.create_token(shop.namespace, "app"),
        "ca.crt": Path(shop.api.ca_file).read_text(),
        "secret-sync": pod["metadata"]["annotations"][keys.ANNOTATION],
        **{name: pod["metadata"][name] for name in ("name", "namespace", "uid")},
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    host, port = shop.api.url.removeprefix("https://").split(":")
    env = {
        "JASM_PODINFO_DIR": str(tmp_path),
        "JASM_SERVICEACCOUNT_DIR": str(tmp_path),
        "KUBERNETES_SERVICE_HOST": host,
        "KUBERNETES_SERVICE_PORT": port,
        "AWS_ENDPOINT_URL": shop.aws.url,
        "AWS_REGION": shop.aws.region,
        "AWS_ACCESS_KEY_ID": "AKIA1",
        "AWS_SECRET_ACCESS_KEY": "pl4nted-key",
    }
    deleted = shop.api.request("DELETE", f"/api/v1/namespaces/{shop.namespace}")
    assert deleted.status == 200
    until(lambda: refuses_secrets(shop.api, shop.namespace))

    command = [sys.executable, "-c", "from initsync import podmain; podmain.main()"]
    ended = subprocess.run(command, env=os.environ | env, capture_output=True, text=True)

    assert ended.returncode == 5
    assert "because it is being terminated" in ended.stderr
    assert "the namespace is being deleted, and this pod with it" in ended.stderr


def test_a_secret_on_its_way_out_is_waited_for_and_then_named(real_shop: Shop) -> None:
    shop = real_shop
    shop.run(shop.pod("web-1"))
    target = f"/api/v1/namespaces/{shop.namespace}/secrets/db"
    held = {"metadata": {"finalizers": ["example.org/keep"]}}
    shop.api.request("PATCH", target, held, "application/merge-patch+json")
    shop.api.request("DELETE", target)

    ended = shop.run(shop.pod("web-2"), JASM_TIMEOUT="1")

    assert ended.exit_code == 5
    assert "it is being deleted and waits for its finalizers (example.org/keep)" in last(ended)
    assert sorted(shop.values()) == ["password", "port", "user"]


def test_a_secret_deleted_meanwhile_is_made_again(shop: Shop) -> None:
    shop.run(shop.pod("web-1"))
    shop.api.request("DELETE", f"/api/v1/namespaces/{shop.namespace}/secrets/db")

    ended = shop.run(shop.pod("web-2"))

    assert "created with 3 keys" in last(ended)


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ({"type": "kubernetes.io/basic-auth", "stringData": {"username": "u"}}, "is of type"),
        ({"immutable": True}, "is immutable"),
        (
            {"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}},
            "belongs to 'Helm'",
        ),
    ],
    ids=["another type", "immutable", "somebody else's"],
)
def test_a_secret_that_is_not_ours_stays_as_it_is(
    shop: Shop, theirs: JsonObject, said: str
) -> None:
    secret: JsonObject = {"apiVersion": "v1", "kind": "Secret"} | theirs
    secret["metadata"] = {"name": "db", "namespace": shop.namespace} | secret.get("metadata", {})
    before = shop.api.create(secret)

    ended = shop.run(shop.pod("web-1"))

    assert ended.exit_code == 3
    assert said in last(ended)
    assert "was left as it is" in last(ended)
    assert shop.secret() == before


def test_a_policy_that_refuses_the_write_is_named_and_quotes_no_value(real_shop: Shop) -> None:
    shop = real_shop
    match = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": shop.namespace}},
        "resourceRules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["secrets"],
            }
        ],
    }
    group = "/apis/admissionregistration.k8s.io/v1"
    name = f"no-secrets-{shop.namespace}"
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": match,
            "validations": [
                {
                    "expression": "false",
                    "messageExpression": "'data is ' + string(object.?data.orValue({}).size())",
                }
            ],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
    shop.api.request("POST", f"{group}/validatingadmissionpolicies", policy)
    shop.api.request("POST", f"{group}/validatingadmissionpolicybindings", binding)
    until(lambda: refuses_secrets(shop.api, shop.namespace))

    ended = shop.run(shop.pod("web-1"))

    assert ended.exit_code == 5
    assert f"by ValidatingAdmissionPolicy '{name}'" in last(ended)
    assert "ask who wrote that policy" in last(ended)


class Denier:
    """A foreign webhook that refuses every Secret, quoting what it should not."""

    def __init__(self, directory: Path) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status = {"code": 422, "message": "no Secrets here: pl4nted-one"}
                answer = {"uid": review["request"]["uid"], "allowed": False, "status": status}
                raw = json.dumps(review | {"response": answer}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Keep the suite's output readable."""

        self.authority = Authority(directory)
        pair = self.authority.serving("denier")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pair.certificate, pair.key)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def denier(tmp_path: Path) -> Iterator[Denier]:
    server = Denier(tmp_path)
    yield server
    server.close()


def webhook(shop: Shop, url: str, ca_pem: str) -> JsonObject:
    """A foreign validating webhook for the Secrets of the shop's namespace."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": f"foreign-{shop.namespace}"},
        "webhooks": [
            {
                "name": "foreign.example.org",
                "clientConfig": {
                    "url": url,
                    "caBundle": base64.b64encode(ca_pem.encode()).decode(),
                },
                "rules": [rule | {"operations": ["CREATE", "UPDATE"]}],
                "namespaceSelector": {
                    "matchLabels": {"kubernetes.io/metadata.name": shop.namespace}
                },
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "failurePolicy": "Fail",
            }
        ],
    }


CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


def test_a_foreign_webhook_that_refuses_is_named_and_its_words_kept_out(
    real_shop: Shop, denier: Denier
) -> None:
    shop = real_shop
    configuration = webhook(shop, denier.url, denier.authority.pem)
    assert shop.api.request("POST", CONFIGURATIONS, configuration).status == 201
    until(lambda: refuses_secrets(shop.api, shop.namespace))

    ended = shop.run(shop.pod("web-1"))

    assert ended.exit_code == 5
    assert 'by admission webhook "foreign.example.org"' in last(ended)
    assert "ask who runs that webhook: it is not JASM's" in last(ended)


def test_a_foreign_webhook_that_is_down_is_retried_and_named(
    real_shop: Shop, denier: Denier
) -> None:
    shop = real_shop
    configuration = webhook(shop, "https://127.0.0.1:1/", denier.authority.pem)
    assert shop.api.request("POST", CONFIGURATIONS, configuration).status == 201
    until(lambda: refuses_secrets(shop.api, shop.namespace))

    ended = shop.run(shop.pod("web-1"), JASM_TIMEOUT="1")

    assert ended.exit_code == 5
    assert "trying again in" in ended.stderr
    assert 'by calling webhook "foreign.example.org"' in last(ended)
    assert "ask who runs that webhook: it is not JASM's" in last(ended)
