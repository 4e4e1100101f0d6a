"""Another mutating webhook puts labels and annotations on every Secret, as policy engines do.

The guard sees a Secret as it will be stored, so it takes those for the pod's own change.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import Binaries, ControlPlane
from initsync.testing.podrun import Finished
from initsync.testing.webhook import Webhook
from tests.chart.helm import Helm
from tests.cluster import guard
from tests.cluster.attacks import MUCH
from tests.cluster.contract import Secrets
from tests.cluster.guard import DENIED, managed, new_namespace
from tests.cluster.neighbour import labels_as_policy_engines_do, neighbouring
from tests.cluster.shop import Shop

VALUES = (
    "--set=guard.allowedLabels={cost-centre,owner}",
    "--set=guard.allowedAnnotations={policies.example.org/seen}",
    "--set-string=injection.secretLabels.centre=42",
)
ALLOWED = {"labels": {"cost-centre": "42"}, "annotations": {"policies.example.org/seen": "true"}}


@pytest.fixture(scope="module")
def knowing_api(binaries: Binaries, helm: Helm) -> Iterator[ControlPlane]:
    """A cluster whose guard was told of the neighbour."""
    with ControlPlane(binaries) as server:
        guard.install(server, helm.objects("--show-only=templates/guard.yaml", *VALUES))
        yield server


@pytest.fixture
def knowing_shop(knowing_api: ControlPlane, aws: AwsServer, webhook: Webhook) -> Shop:
    knowing_api.register_webhook(webhook.url, webhook.ca_pem)
    return Shop(knowing_api, new_namespace(knowing_api), aws)


def labelling(shop: Shop, directory: Path) -> AbstractContextManager[None]:
    """It labels every Secret of the shop's namespace."""
    name = f"labels-in-{shop.namespace}"
    change = labels_as_policy_engines_do
    assert isinstance(shop.api, ControlPlane)
    return neighbouring(
        shop.api, directory, name, shop.namespace, change, "Never", "metadata", "secrets"
    )


def sync(shop: Shop) -> Finished:
    number = sum(shop.calls().values())
    return shop.run(shop.pod(f"web-{number}"), JASM_SETTLE="0")


@pytest.mark.threat("The guard gets in the way")
def test_a_guard_that_was_not_told_refuses_and_names_each_of_them_and_the_value_to_set(
    real_shop: Shop, tmp_path: Path
) -> None:
    with labelling(real_shop, tmp_path):
        ended = sync(real_shop)

    last = ended.stderr.splitlines()[-1]
    assert ended.exit_code == 5
    assert f"{DENIED}not for changing " in last
    assert "own: cost-centre; guard.allowedLabels is for" in last or (
        "own: policies.example.org/seen; guard.allowedAnnotations is for" in last
    )


@pytest.mark.threat("The guard gets in the way")
def test_one_that_was_told_lets_the_first_sync_and_each_later_one_through(
    knowing_shop: Shop, tmp_path: Path
) -> None:
    shop = knowing_shop
    with labelling(shop, tmp_path):
        assert "created with 3 keys" in sync(shop).stderr
        shop.aws.rotate(shop.path, {"user": "pl4nted-two"})
        assert "updated with 1 key" in sync(shop).stderr

    stored = shop.secret()["metadata"]
    assert all(stored[part].items() >= ALLOWED[part].items() for part in ALLOWED)


def test_one_that_came_to_be_labelled_later_is_synced_on(
    knowing_shop: Shop, tmp_path: Path
) -> None:
    shop = knowing_shop
    sync(shop)
    shop.aws.rotate(shop.path, {"user": "pl4nted-two"})

    with labelling(shop, tmp_path):
        assert "updated with 1 key" in sync(shop).stderr


ENTRY = "provider: aws-secretsmanager\npath: {0}\nsecretName: db\n"


def of_its_own(shop: Shop, more: str) -> str:
    return ENTRY.format(shop.path) + more


@pytest.mark.threat("The guard gets in the way")
def test_labels_and_annotations_of_an_entry_pass_where_the_guard_was_told(
    knowing_shop: Shop,
) -> None:
    shop = knowing_shop
    more = "labels: {owner: shop}\nannotations: {policies.example.org/seen: yes-it-is}\n"

    first = shop.run(shop.pod("web-1", of_its_own(shop, more)), JASM_SETTLE="0")
    shop.aws.rotate(shop.path, {"user": "pl4nted-two"})
    without = shop.run(shop.pod("web-2", of_its_own(shop, "")), JASM_SETTLE="0")

    assert (first.exit_code, without.exit_code) == (0, 0), first.stderr + without.stderr
    assert "owner" not in shop.secret()["metadata"]["labels"]


@pytest.mark.threat("The guard gets in the way")
def test_the_platforms_labels_pass_and_those_of_an_entry_count_before_them(
    knowing_shop: Shop,
) -> None:
    shop = knowing_shop
    for number, (more, value) in enumerate([("", "42"), ("labels: {centre: '7'}\n", "7")]):
        pod = shop.pod(f"web-{number}", of_its_own(shop, more))

        ended = shop.run(pod, JASM_SETTLE="0", JASM_SECRET_LABELS="centre=42")

        assert ended.exit_code == 0, ended.stderr
        assert shop.secret()["metadata"]["labels"]["centre"] == value


@pytest.mark.threat("A tenant is malicious")
@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("labels: {argocd.argoproj.io/secret-type: cluster}\n", "guard.allowedLabels"),
        ("annotations: {kubernetes.io/service-account.name: app}\n", "guard.allowedAnnotations"),
    ],
)
def test_those_of_an_entry_that_it_was_not_told_are_refused_and_named(
    knowing_shop: Shop, part: str, named: str
) -> None:
    shop = knowing_shop

    ended = shop.run(shop.pod("web-1", of_its_own(shop, part)), JASM_SETTLE="0")

    assert ended.exit_code == 5
    assert f"; {named} is for those that other webhooks and pods' annotations set" in ended.stderr


def test_all_other_names_are_refused_as_before_and_are_named(knowing_api: ControlPlane) -> None:
    thief = guard.loot(knowing_api, "names").thief

    answer = thief.apply(managed("fresh", labels=guard.MANAGED | {"owner": "x", "team": "x"}))

    assert f"{DENIED}not for changing labels" in answer.body["message"]
    assert "own: team; guard.allowedLabels" in answer.body["message"]


@pytest.mark.threat("The guard gets in the way")
def test_what_is_allowed_the_pod_itself_may_write_too(knowing_api: ControlPlane) -> None:
    """What it costs: docs/security.md says so."""
    thief: Secrets = guard.loot(knowing_api, "names").thief

    assert thief.apply(managed("fresh", labels=guard.MANAGED | {"owner": "x"})).status == 201


def test_of_what_is_allowed_no_more_fits_than_leaves_room_for_a_sync(
    knowing_api: ControlPlane,
) -> None:
    """A sync takes out what is JASM's own, and not this."""
    thief: Secrets = guard.loot(knowing_api, "names").thief
    name = "policies.example.org/seen"

    answers = [
        thief.apply(managed("fresh", annotations={name: "y" * size})) for size in (66_000, 65_000)
    ]

    assert [answer.status for answer in answers] == [403, 201]
    assert f"{DENIED}{MUCH}" in answers[0].body["message"]


def test_when_there_are_too_many_names_to_name_it_is_refused_all_the_same(
    real_api: ControlPlane,
) -> None:
    many = {f"a{'x' * 50}{number}": "" for number in range(200)}

    answer = guard.loot(real_api, "names").thief.apply(managed("fresh", annotations=many))

    said = "not for changing annotations of a Secret other than JASM's own; JASM's docs/security.md"
    assert f"{DENIED}{said}" in answer.body["message"]
