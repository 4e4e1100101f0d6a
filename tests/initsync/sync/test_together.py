"""Several sources for one Secret: all of them or none, and its marks name each (D36)."""

import base64

import pytest

from initsync.sync.report import REPLACED, told
from initsync.words import keys
from initsync.words.errors import InvalidSecretData, ProviderUnavailable, SecretNotFound
from initsync.words.model import Key, Selection, SyncPolicy
from tests.initsync.sync.held import Held, annotations, entry, labels, run
from tests.initsync.sync.one_secret import Cluster

ONLY_B = Selection(keys=(Key("b", "b"),))


@pytest.fixture
def vault() -> Held:
    return Held("vault", one='{"a": "1"}', two='{"b": "2"}')


@pytest.fixture
def cloud() -> Held:
    return Held("aws-secretsmanager", three={"c": "3"})


def values(cluster: Cluster) -> dict[str, str]:
    assert cluster.stored
    return {key: base64.b64decode(it).decode() for key, it in cluster.stored["data"].items()}


def test_they_fill_it_together(vault: Held, cloud: Held) -> None:
    cluster = Cluster()
    vault.versions = {"one": "7"}
    cloud.versions = {"three": "AAA-BBB"}
    sources = (entry("one"), entry("two"), entry("three", provider=cloud.name))

    outcome = run(cluster, *sources, providers={"vault": vault, cloud.name: cloud})

    assert values(cluster) == {"a": "1", "b": "2", "c": "3"}
    assert labels(cluster)[keys.PROVIDER] == "several"
    path = "aws-secretsmanager three\nvault one\nvault two"
    assert annotations(cluster)[keys.SOURCE_PATH] == path
    assert annotations(cluster)[keys.VERSION] == "AAA-BBB\n7\n"
    assert outcome.sentence == (
        "Secret db created with 3 keys from aws-secretsmanager three, vault one, vault two "
        "(version AAA-BBB, 7)"
    )
    assert cluster.calls == ["read", "apply"]


def test_sources_of_one_provider_keep_its_name(vault: Held) -> None:
    cluster = Cluster()

    run(cluster, entry("one"), entry("two"), providers={"vault": vault})

    assert labels(cluster)[keys.PROVIDER] == "vault"
    assert annotations(cluster)[keys.SOURCE_PATH] == "vault one\nvault two"
    assert keys.VERSION not in annotations(cluster)


def test_up_to_date_is_not_written(vault: Held) -> None:
    cluster = Cluster()
    run(cluster, entry("one"), entry("two"), providers={"vault": vault})
    cluster.calls.clear()

    outcome = run(cluster, entry("one"), entry("two"), providers={"vault": vault})

    assert (outcome.action, cluster.calls) == ("unchanged", ["read"])


def test_one_that_is_missing_leaves_the_secret_as_it_was(vault: Held) -> None:
    cluster = Cluster()
    run(cluster, entry("one"), entry("two"), providers={"vault": vault})
    vault.content = {"one": '{"a": "new"}'}

    with pytest.raises(SecretNotFound, match="vault has no secret at path 'two'"):
        run(cluster, entry("one"), entry("two"), providers={"vault": vault})

    assert values(cluster) == {"a": "1", "b": "2"}


def test_one_that_is_down_keeps_all_of_it(vault: Held) -> None:
    cluster = Cluster()
    run(cluster, entry("one"), entry("two"), providers={"vault": vault})
    vault.content["one"], vault.down = '{"a": "new"}', {"two"}

    outcome = run(cluster, entry("one"), entry("two"), providers={"vault": vault})

    assert outcome.action == "stale"
    assert values(cluster) == {"a": "1", "b": "2"}
    strict = SyncPolicy("strict")
    with pytest.raises(ProviderUnavailable):
        run(
            cluster,
            entry("one", policy=strict),
            entry("two", policy=strict),
            providers={"vault": vault},
        )


def test_a_key_that_two_of_them_give_is_told_with_both(vault: Held) -> None:
    vault.content["two"] = '{"b": "2", "a": "pl4nted"}'

    with pytest.raises(InvalidSecretData) as caught:
        run(Cluster(), entry("one"), entry("two"), providers={"vault": vault})

    assert str(caught.value) == (
        "the secret at vault path 'two' cannot become a Kubernetes Secret: key 'a' is given by "
        "vault one too: choose with keys; correct it at the provider"
    )
    assert run(Cluster(), entry("one"), entry("two", ONLY_B), providers={"vault": vault}).keys == (
        "a",
        "b",
    )


def test_their_sizes_count_together(vault: Held) -> None:
    vault.content = {"one": {"a": "x" * 600_000}, "two": {"b": "x" * 600_000}}

    with pytest.raises(InvalidSecretData, match="1200000 bytes, the limit of a Secret is 1048576"):
        run(Cluster(), entry("one"), entry("two"), providers={"vault": vault})


@pytest.mark.parametrize("max_age", [None, 60.0])
def test_one_source_less_is_another_source_and_another_order_is_none(
    vault: Held, max_age: float | None
) -> None:
    policy = SyncPolicy(max_age=max_age)
    one, two = entry("one", policy=policy), entry("two", policy=policy)
    cluster = Cluster()
    run(cluster, one, two, providers={"vault": vault})

    turned = run(cluster, two, one, providers={"vault": vault})
    alone = run(cluster, one, providers={"vault": vault})

    assert turned.action == ("recent" if max_age else "unchanged")
    assert (alone.action, alone.before) == ("updated", "vault one, vault two")
    assert values(cluster) == {"a": "1"}


def test_a_change_of_source_is_a_warning_that_stops_nothing(vault: Held) -> None:
    cluster = Cluster()
    run(cluster, entry("one"), providers={"vault": vault})

    report = told(run(cluster, entry("two"), providers={"vault": vault}))

    assert (report.reason, report.warning, report.exit_code) == (REPLACED, True, 0)
    assert report.sentence == (
        "Secret db updated with 1 key from vault two (before: vault one): if another workload of "
        "this namespace names the same secretName, they overwrite each other; give each its own"
    )
    again = told(run(cluster, entry("two"), providers={"vault": vault}))
    assert (again.reason, again.warning) == ("SecretSynced", False)
