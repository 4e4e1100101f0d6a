"""What others put in the way of a write: each is one sentence, and nothing of theirs is lost."""

import base64
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.testing.podrun import Finished
from initsync.testing.server import ApiServer
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.injector_side import Broken, answer, received, review
from tests.cluster.shop import Shop
from tests.polling import until


def last(ended: Finished) -> str:
    return ended.stderr.splitlines()[-1]


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

    command = [sys.executable, "-c", "from initsync.pod import main; main.main()"]
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


def deny_secrets(api: ApiServer, namespace: str, name: str) -> None:
    """A ValidatingAdmissionPolicy that refuses every Secret, and tells of its data."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"]}
    match = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "resourceRules": [rule | {"operations": ["CREATE", "UPDATE"]}],
    }
    message = "'data is ' + string(object.?data.orValue({}).size())"
    validation = {"expression": "false", "messageExpression": message}
    kinds = {
        "ValidatingAdmissionPolicy": {"matchConstraints": match, "validations": [validation]},
        "ValidatingAdmissionPolicyBinding": {"policyName": name, "validationActions": ["Deny"]},
    }
    group = "admissionregistration.k8s.io/v1"
    for (kind, spec), plural in zip(kinds.items(), ("policies", "policybindings"), strict=True):
        policy = {"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": spec}
        api.request("POST", f"/apis/{group}/validatingadmission{plural}", policy)


def test_a_policy_that_refuses_the_write_is_named_and_quotes_no_value(real_shop: Shop) -> None:
    shop, name = real_shop, f"no-secrets-{real_shop.namespace}"
    deny_secrets(shop.api, shop.namespace, name)
    until(lambda: refuses_secrets(shop.api, shop.namespace))

    ended = shop.run(shop.pod("web-1"))

    assert ended.exit_code == 5
    assert f"by ValidatingAdmissionPolicy '{name}'" in last(ended)
    assert "ask who wrote that policy" in last(ended)


def denies(client: ssl.SSLSocket) -> None:
    """A foreign webhook that refuses every Secret, quoting what it should not."""
    uid = json.loads(received(client))["request"]["uid"]
    status = {"code": 422, "message": "no Secrets here: pl4nted-one"}
    answer(client, "200 OK", review(uid, allowed=False, status=status))


@pytest.fixture
def denier(tmp_path: Path) -> Iterator[Broken]:
    with Broken(tmp_path, denies) as server:
        yield server


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
    real_shop: Shop, denier: Broken
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
    real_shop: Shop, denier: Broken
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
