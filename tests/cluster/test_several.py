"""An annotation that asks for several Secrets, or for one in another shape, on a real cluster."""

import base64
import uuid
from collections.abc import Mapping

import pytest
import yaml

from initsync.kube import rbac
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.testing.aws import AwsServer
from initsync.testing.webhook import Webhook
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.shop import Shop

PROVIDER = "aws-secretsmanager"


class Till:
    """A shop whose ServiceAccount may sync more Secrets than one."""

    def __init__(self, shop: Shop, *names: str) -> None:
        self.shop = shop
        shop.api.allow(shop.namespace, "app", rbac.rules(*names))

    def put(self, name: str, value: str | bytes | Mapping[str, object]) -> str:
        """The path of a secret of the test's own."""
        path = f"/{self.shop.namespace}/{name}"
        self.shop.aws.put_secret(path, value)
        return path

    def stored(self, name: str) -> JsonObject:
        metadata = {"name": name, "namespace": self.shop.namespace}
        return self.shop.api.get({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})

    def values(self, name: str) -> dict[str, bytes]:
        data = self.stored(name)["data"]
        return {key: base64.b64decode(value) for key, value in data.items()}


def entry(path: str, name: str, **fields: object) -> dict[str, object]:
    return {"provider": PROVIDER, "path": path, "secretName": name, **fields}


def text(*entries: dict[str, object]) -> str:
    return yaml.safe_dump({"secrets": list(entries)}, sort_keys=False)


def test_ten_secrets_cost_two_requests_each_one_identity_and_one_event(shop: Shop) -> None:
    names = [f"s{number}" for number in range(10)]
    till = Till(shop, *names)
    asked = [entry(till.put(name, {"v": f"pl4nted-{name}"}), name) for name in names]
    first = shop.run(shop.pod("web-1", text(*asked)))
    assert first.exit_code == 0, first.stderr
    calls, aws, second = shop.calls(), shop.aws.calls(), shop.pod("web-2", text(*asked))

    ended = shop.run(second)

    assert ended.exit_code == 0, ended.stderr
    assert [till.values(name) for name in names] == [
        {"v": f"pl4nted-{name}".encode()} for name in names
    ]
    assert shop.calls() - calls == {("get", "secrets"): 10, ("create", "events"): 1}
    assert shop.aws.calls() - aws == {"AssumeRoleWithWebIdentity": 1, "GetSecretValue": 10}
    (event,) = shop.events(second)
    assert (event["type"], event["reason"]) == ("Normal", "SecretSynced")


def test_one_that_fails_keeps_no_other_from_being_written_and_says_so(shop: Shop) -> None:
    till = Till(shop, "good", "bad")
    missing = f"/{shop.namespace}/missing"
    asked = text(entry(missing, "bad"), entry(shop.path, "good"))
    pod = shop.pod("web-1", asked)

    ended = shop.run(pod, JASM_TIMEOUT="5")

    assert ended.exit_code == 4
    assert till.values("good")["user"] == b"u"
    assert {(it["type"], it["reason"]) for it in shop.events(pod)} == {
        ("Normal", "SecretSynced"),
        ("Warning", "ExternalSecretNotFound"),
    }
    assert ended.stderr.splitlines()[-1].startswith("error: Secret bad: ")


def test_two_sources_fill_one_secret_and_its_marks_name_both(shop: Shop) -> None:
    till = Till(shop, "both")
    other = till.put("other", {"token": "pl4nted-token"})
    asked = text(entry(shop.path, "both", keys=["user"]), entry(other, "both"))

    ended = shop.run(shop.pod("web-1", asked))

    assert ended.exit_code == 0, ended.stderr
    assert till.values("both") == {"user": b"u", "token": b"pl4nted-token"}
    metadata = till.stored("both")["metadata"]
    assert metadata["labels"][keys.PROVIDER] == PROVIDER  # of both
    lines = metadata["annotations"][keys.SOURCE_PATH].splitlines()
    assert lines == [f"{PROVIDER} {shop.path}", f"{PROVIDER} {other}"]


def test_one_source_that_is_missing_leaves_the_secret_of_both_as_it_was(shop: Shop) -> None:
    till = Till(shop, "both")
    other = till.put("other", {"token": "pl4nted-token"})
    shop.run(shop.pod("web-1", text(entry(shop.path, "both"), entry(other, "both"))))
    before = till.stored("both")

    asked = text(entry(shop.path, "both"), entry(f"{other}-none", "both"))
    ended = shop.run(shop.pod("web-2", asked))

    assert ended.exit_code == 4
    assert till.stored("both") == before


def test_keys_are_chosen_renamed_and_composed(shop: Shop) -> None:
    till = Till(shop, "database")
    secret = {"username": "ad min", "password": "pl4nted/p@ss", "db": {"port": 5432}}
    asked = entry(
        till.put("rds", secret),
        "database",
        keys=[{"username": "DB_USER"}, {"/db/port": "DB_PORT"}],
        values={"URL": "postgres://${username|uri}:${password|uri}@db:${/db/port}/shop"},
    )

    ended = shop.run(shop.pod("web-1", yaml.safe_dump(asked)))

    assert ended.exit_code == 0, ended.stderr
    assert till.values("database") == {
        "DB_USER": b"ad min",
        "DB_PORT": b"5432",
        "URL": b"postgres://ad%20min:pl4nted%2Fp%40ss@db:5432/shop",
    }


def test_labels_and_annotations_of_an_entry_come_and_go_where_no_guard_is(
    embedded_api: EmbeddedApiServer, aws: AwsServer, webhook: Webhook
) -> None:
    embedded_api.register_webhook(webhook.url, webhook.ca_pem)
    embedded_api.create_namespace(name := f"t-{uuid.uuid4().hex[:10]}")
    till = Till(shop := Shop(embedded_api, name, aws), "database")
    said = {"labels": {"team": "shop"}, "annotations": {"example.com/owner": "Ann & Co"}}
    shop.run(shop.pod("web-1", yaml.safe_dump(entry(shop.path, "database", **said))))
    metadata = till.stored("database")["metadata"]
    assert metadata["labels"]["team"] == "shop"
    assert metadata["annotations"]["example.com/owner"] == "Ann & Co"

    shop.run(shop.pod("web-2", yaml.safe_dump(entry(shop.path, "database"))), JASM_SETTLE="0")

    metadata = till.stored("database")["metadata"]
    assert "team" not in metadata["labels"]
    assert "example.com/owner" not in metadata["annotations"]


def test_a_label_that_the_platform_does_not_allow_is_refused_by_the_guard(real_shop: Shop) -> None:
    Till(real_shop, "database")
    asked = yaml.safe_dump(entry(real_shop.path, "database", labels={"team": "shop"}))

    ended = real_shop.run(real_shop.pod("web-1", asked))

    assert ended.exit_code == 5
    assert "labels of a Secret other than JASM's own: team" in ended.stderr
    assert "guard.allowedLabels" in ended.stderr


@pytest.mark.parametrize(
    ("kind", "fields", "secret"),
    [
        (
            "kubernetes.io/tls",
            {"keys": ["tls.crt", "tls.key"]},
            {"tls.crt": "pl4nted-c", "tls.key": "pl4nted-k", "more": "x"},
        ),
        ("kubernetes.io/ssh-auth", {"format": "text", "keys": ["ssh-privatekey"]}, "pl4nted-key\n"),
        (
            "kubernetes.io/dockerconfigjson",
            {"format": "text", "keys": [".dockerconfigjson"]},
            '{"auths": {"registry.example": {"auth": "cGw0bnRlZA=="}}}',
        ),
        ("kubernetes.io/basic-auth", {}, {"username": "u", "password": "pl4nted-p"}),
        ("Opaque", {"format": "binary", "keys": ["app.jks"]}, b"\xfe\xed\x00pl4nted"),
        ("Opaque", {"format": "dotenv"}, "A=1\nB='pl4nted two'\n"),
    ],
)
def test_each_type_is_made_as_the_api_server_wants_it(
    shop: Shop, kind: str, fields: dict[str, object], secret: str | bytes | dict[str, object]
) -> None:
    till = Till(shop, "typed")
    asked = entry(till.put("typed", secret), "typed", type=kind, **fields)

    ended = shop.run(shop.pod("web-1", yaml.safe_dump(asked)))

    assert ended.exit_code == 0, ended.stderr
    assert till.stored("typed")["type"] == kind
    assert any(b"pl4nted" in it or b"cGw0" in it for it in till.values("typed").values())


def test_a_type_that_changes_is_refused_by_a_sentence_that_says_what_to_do(shop: Shop) -> None:
    till = Till(shop, "typed")
    path = till.put("typed", {"username": "u"})
    shop.run(shop.pod("web-1", yaml.safe_dump(entry(path, "typed"))))

    asked = entry(path, "typed", type="kubernetes.io/basic-auth")
    ended = shop.run(shop.pod("web-2", yaml.safe_dump(asked)))

    assert ended.exit_code == 3
    assert "is of type Opaque and not kubernetes.io/basic-auth" in ended.stderr
    assert "delete it, for Kubernetes changes no type" in ended.stderr


def test_a_secret_of_another_source_is_written_with_a_warning_that_names_it(shop: Shop) -> None:
    till = Till(shop, "database")
    other = till.put("other", {"token": "pl4nted-token"})
    shop.run(shop.pod("web-1", yaml.safe_dump(entry(other, "database"))))
    pod = shop.pod("web-2", yaml.safe_dump(entry(shop.path, "database")))

    ended = shop.run(pod, JASM_SETTLE="0")

    assert ended.exit_code == 0
    (event,) = shop.events(pod)
    assert (event["type"], event["reason"]) == ("Warning", "SecretSourceChanged")
    assert f"before: {PROVIDER} {other}" in event["message"]


def test_a_version_is_pinned_by_its_stage_and_by_its_id(shop: Shop) -> None:
    till = Till(shop, "old", "older")
    shop.run(shop.pod("web-1", yaml.safe_dump(entry(shop.path, "old"))))
    first = till.stored("old")["metadata"]["annotations"][keys.VERSION]
    shop.aws.rotate(shop.path, {"user": "u", "password": "pl4nted-two"})
    asked = text(
        entry(shop.path, "old", version="AWSPREVIOUS"), entry(shop.path, "older", version=first)
    )

    pod = shop.pod("web-2", asked)
    ended = shop.run(pod, JASM_SETTLE="0")

    assert ended.exit_code == 0, ended.stderr
    assert till.values("old")["password"] == b"pl4nted-one"
    assert till.values("older") == till.values("old")
    assert first in shop.events(pod)[0]["message"]
