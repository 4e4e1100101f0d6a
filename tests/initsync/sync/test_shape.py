"""What an entry says beside its source makes another Secret of it: written anew, never kept."""

import base64
from typing import Any

import pytest

from initsync.sync import secret
from initsync.sync.settings import SyncSettings
from initsync.words import keys, secrettypes
from initsync.words.errors import InvalidSecretData, NotManaged, ProviderUnavailable
from initsync.words.model import Form, Key, Selection, SyncPolicy, SyncRequest, Target
from tests.initsync.sync.held import Held, annotations, entry, labels, run
from tests.initsync.sync.one_secret import Cluster

PLAIN = (Selection(), Form())
CHANGES: list[tuple[Selection, Form]] = [
    (Selection(version="2"), Form()),
    (Selection(keys=(Key("a", "a"),)), Form()),
    (Selection(keys=(Key("a", "b"),)), Form()),
    (Selection(values=(("v", "${a}"),)), Form()),
    (Selection(format="text", keys=(Key("a", "a"),)), Form()),
    (Selection(), Form(labels=(("a", "b"),))),
    (Selection(), Form(annotations=(("a", "b"),))),
]


@pytest.fixture
def vault() -> Held:
    return Held("vault", kv='{"a": "1"}')


def of(said: tuple[Selection, Form], **policy: Any) -> SyncRequest:
    return entry("kv", *said, policy=SyncPolicy(**policy))


def test_an_entry_of_three_fields_has_no_digest_so_that_older_secrets_stay() -> None:
    assert secret.digest(Target((entry("kv"), entry("other")))) == ""


def test_each_has_its_own_digest() -> None:
    found = [secret.digest(Target((of(said),))) for said in CHANGES]

    assert len(set(found)) == len(CHANGES)
    assert all(len(it) == 16 for it in found)


@pytest.mark.parametrize("said", CHANGES)
@pytest.mark.parametrize("other", [PLAIN, CHANGES[0]])
def test_max_age_takes_no_secret_of_another_shape(
    vault: Held, said: tuple[Selection, Form], other: tuple[Selection, Form]
) -> None:
    if said == other:
        return
    cluster = Cluster()
    run(cluster, of(other, max_age=60.0), providers={"vault": vault})

    first = run(cluster, of(said, max_age=60.0), providers={"vault": vault}, now=1.0)
    second = run(cluster, of(said, max_age=60.0), providers={"vault": vault}, now=2.0)
    back = run(cluster, of(other, max_age=60.0), providers={"vault": vault}, now=3.0)

    assert [it.action for it in (first, second, back)] == ["updated", "recent", "updated"]
    assert not first.before


@pytest.mark.parametrize("said", CHANGES)
def test_while_the_provider_is_down_none_of_another_shape_will_do(
    vault: Held, said: tuple[Selection, Form]
) -> None:
    cluster = Cluster()
    run(cluster, of(PLAIN), providers={"vault": vault})
    vault.down = {"kv"}

    with pytest.raises(ProviderUnavailable):
        run(cluster, of(said), providers={"vault": vault})

    assert run(cluster, of(PLAIN), providers={"vault": vault}).action == "stale"


def test_labels_and_annotations_are_put_on_beside_jasms_own(vault: Held) -> None:
    cluster = Cluster()
    form = Form(labels=(("team", "shop"),), annotations=(("note", "é"),))
    platform = SyncSettings(propagation_delay=0, secret_labels=(("team", "any"), ("cost", "7")))

    run(cluster, of((Selection(), form)), providers={"vault": vault}, settings=platform)

    assert labels(cluster) == {
        "team": "shop",
        "cost": "7",
        keys.MANAGED_BY: "caronte",
        keys.PROVIDER: "vault",
    }
    assert annotations(cluster)["note"] == "é"


def test_a_label_of_the_platform_is_put_on_a_secret_that_is_there(vault: Held) -> None:
    cluster = Cluster()
    run(cluster, of(PLAIN), providers={"vault": vault})
    platform = SyncSettings(propagation_delay=0, secret_labels=(("cost", "7"),))

    outcomes = [
        run(cluster, of(PLAIN), providers={"vault": vault}, settings=platform) for _ in range(2)
    ]

    assert [it.action for it in outcomes] == ["updated", "unchanged"]
    assert labels(cluster)["cost"] == "7"


def test_the_version_that_is_asked_for_is_the_one_that_is_fetched(vault: Held) -> None:
    vault.versions = {"kv": "2"}

    outcome = run(Cluster(), of((Selection(version="2"), Form())), providers={"vault": vault})

    assert vault.asked == [("kv", "2")]
    assert outcome.sentence == "Secret db created with 1 key from vault kv (version 2)"


def test_bytes_stay_bytes(vault: Held) -> None:
    vault.content = {"kv": b"\x00\xfe\xff"}
    cluster = Cluster()

    run(
        cluster,
        of((Selection(format="binary", keys=(Key("k", "k"),)), Form())),
        providers={"vault": vault},
    )

    assert cluster.stored
    assert base64.b64decode(cluster.stored["data"]["k"]) == b"\x00\xfe\xff"


def test_a_provider_with_no_keys_and_values_blanks_no_secret(vault: Held) -> None:
    cluster = Cluster()
    run(cluster, of(PLAIN), providers={"vault": vault})
    vault.content = {"kv": {}}

    with pytest.raises(InvalidSecretData, match="it has no key at all"):
        run(cluster, of(PLAIN), providers={"vault": vault})

    assert cluster.stored
    assert list(cluster.stored["data"]) == ["a"]


PAIR = {"tls.crt": "c", "tls.key": "k"}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (secrettypes.TLS, PAIR),
        (secrettypes.TLS, PAIR | {"ca.crt": "x", "tls.key": ""}),
        (secrettypes.DOCKER, {".dockerconfigjson": '{"auths": {}}'}),
        (secrettypes.DOCKER, {".dockerconfigjson": "{}"}),
        (secrettypes.DOCKER, {".dockerconfigjson": "null"}),
        (secrettypes.BASIC, {"username": ""}),
        (secrettypes.BASIC, {"password": "p", "more": "x"}),
        (secrettypes.SSH, {"ssh-privatekey": "k"}),
    ],
)
def test_a_type_is_the_secrets(vault: Held, kind: str, content: dict[str, str]) -> None:
    vault.content = {"kv": content}
    cluster = Cluster()

    run(cluster, of((Selection(), Form(kind))), providers={"vault": vault})

    assert cluster.stored
    assert cluster.stored["type"] == kind


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        (secrettypes.TLS, {"tls.crt": "pl4nted"}, "must have the key tls.key"),
        (secrettypes.TLS, {"a": "b"}, "must have the key tls.crt and the key tls.key"),
        (secrettypes.DOCKER, {"a": "b"}, "must have the key .dockerconfigjson"),
        (
            secrettypes.DOCKER,
            {".dockerconfigjson": "pl4nted"},
            "must have a JSON object at the key .dockerconfigjson",
        ),
        (secrettypes.DOCKER, {".dockerconfigjson": "[]"}, "must have a JSON object at the key"),
        (secrettypes.DOCKER, {".dockerconfigjson": "[" * 9999}, "must have a JSON object at the"),
        (secrettypes.BASIC, {"user": "b"}, "must have the key username or the key password"),
        (secrettypes.SSH, {"key": "b"}, "must have the key ssh-privatekey"),
        (secrettypes.SSH, {"ssh-privatekey": ""}, "must have a value at the key ssh-privatekey"),
    ],
)
def test_what_the_api_server_would_refuse_is_said_before(
    vault: Held, kind: str, content: dict[str, str], said: str
) -> None:
    vault.content = {"kv": content}
    cluster = Cluster()

    with pytest.raises(InvalidSecretData) as caught:
        run(cluster, of((Selection(), Form(kind))), providers={"vault": vault})

    assert f"a Secret of type {kind} {said}" in str(caught.value)
    assert "pl4nted" not in str(caught.value)
    assert cluster.calls == ["read"]


def test_another_type_is_refused_before_anything_is_fetched(vault: Held) -> None:
    cluster = Cluster()
    run(cluster, of(PLAIN), providers={"vault": vault})
    vault.asked.clear()

    with pytest.raises(NotManaged) as caught:
        run(cluster, of((Selection(), Form(secrettypes.TLS))), providers={"vault": vault})

    assert str(caught.value) == (
        "Secret shop/db is of type Opaque and not kubernetes.io/tls and was left as it is: "
        "delete it, for Kubernetes changes no type, or name another secretName"
    )
    assert vault.asked == []


def test_of_a_foreign_secret_of_another_type_nothing_is_to_be_deleted(vault: Held) -> None:
    cluster = Cluster()
    run(cluster, of(PLAIN), providers={"vault": vault})
    assert cluster.stored
    cluster.stored["metadata"]["labels"] = {}

    with pytest.raises(NotManaged) as caught:
        run(cluster, of((Selection(), Form(secrettypes.TLS))), providers={"vault": vault})

    assert str(caught.value).endswith("was left as it is: name another secretName")
