"""What the thief of a pod's token gets of Secrets from the real API server: nothing but its own.

Each attack is tried with the Role by names, with the one for the whole namespace, and with one of
more verbs than JASM asks for. Where the Role lacks the verb RBAC refuses; all else is the guard's.
"""

import pytest

from initsync.testing.controlplane import ControlPlane
from initsync.words import secrettypes
from tests.cluster.attacks import ADOPTED, FOREIGN, OWN, TYPED, Attack, of_type
from tests.cluster.contract import Secrets, secret
from tests.cluster.guard import DENIED, loot, managed
from tests.full import only_in_full

# Which verbs RBAC lets through; `create` by names does so for an apply only (F1).
VERBS = {
    "names": ("patch",),
    "namespace": ("create", "patch"),
    "every verb": ("create", "patch", "update", "delete", "deletecollection"),
}


def hold(attack: Attack, role: str, api: ControlPlane) -> None:
    said = loot(api, role).refused(attack.send)

    if attack.verb in VERBS[role]:
        assert f"{DENIED}{attack.sentence}" in said
    else:
        assert f'cannot {attack.verb} resource "secrets"' in said


def each(attacks: list[Attack]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("attack", attacks, ids=lambda attack: attack.name)


# With the whole namespace's the guard says what it says where every verb is allowed.
@pytest.mark.parametrize(
    "role", ["names", pytest.param("namespace", marks=only_in_full), "every verb"]
)
class TestStolenToken:
    @pytest.mark.threat("A pod's token is stolen", "A node is compromised")
    @each(TYPED)
    def test_makes_no_secret_of_another_type(
        self, real_api: ControlPlane, role: str, attack: Attack
    ) -> None:
        hold(attack, role, real_api)

    @pytest.mark.threat("A pod's token is stolen")
    @each(FOREIGN)
    def test_leaves_secrets_of_others_alone(
        self, real_api: ControlPlane, role: str, attack: Attack
    ) -> None:
        hold(attack, role, real_api)

    @pytest.mark.threat("A pod's token is stolen")
    @each(OWN)
    def test_cannot_turn_a_synced_secret_into_anything_else(
        self, real_api: ControlPlane, role: str, attack: Attack
    ) -> None:
        hold(attack, role, real_api)

    @pytest.mark.threat("A pod's token is stolen")
    @each(ADOPTED)
    def test_gets_no_more_of_one_that_was_handed_over(
        self, real_api: ControlPlane, role: str, attack: Attack
    ) -> None:
        hold(attack, role, real_api)


@pytest.mark.threat("A pod's token is stolen")
@each([*TYPED, *FOREIGN, *OWN, *ADOPTED])
def test_each_attack_works_where_nothing_but_rbac_is_in_its_way(
    real_api: ControlPlane, attack: Attack
) -> None:
    """Else the tests above would show nothing."""
    unmarked = loot(real_api, "every verb without the mark")

    answer = attack.send(unmarked)

    assert answer.status < 300, answer.body["message"]


@pytest.mark.parametrize("kind", secrettypes.TYPES)
def test_each_type_that_a_sync_may_write_can_be_written(real_api: ControlPlane, kind: str) -> None:
    found = loot(real_api, "names")

    assert found.thief.apply(of_type(kind)).status == 201
    assert found.thief.get("fresh").body["type"] == kind


@pytest.mark.parametrize("role", VERBS)
def test_what_is_synced_can_be_read_and_written(real_api: ControlPlane, role: str) -> None:
    """What the thief does get: the app's own Secret, which the app may have anyway."""
    found = loot(real_api, role)

    written = found.thief.apply(managed("db"))

    assert found.thief.get("db").status == written.status == 200


@pytest.mark.threat("A pod's token is stolen")
def test_by_names_no_other_secret_is_read(real_api: ControlPlane) -> None:
    found = loot(real_api, "names")
    found.owner.create(secret("payroll"))

    assert found.thief.get("payroll").status == 403
    assert found.thief.client.request("GET", found.thief.path).status == 403


@pytest.mark.threat("A pod's token is stolen")
def test_for_the_whole_namespace_every_secret_is_read_by_name(real_api: ControlPlane) -> None:
    """What the guard cannot hold: admission never sees reads."""
    found = loot(real_api, "namespace")
    found.owner.create(secret("payroll"))

    assert found.thief.get("payroll").status == 200
    assert found.thief.client.request("GET", found.thief.path).status == 403


@pytest.mark.threat("A pod's token is stolen", "A tenant is malicious")
@pytest.mark.parametrize("role", VERBS)
def test_in_other_namespaces_it_gets_nothing(real_api: ControlPlane, role: str) -> None:
    found, other = loot(real_api, role), loot(real_api, role)
    elsewhere = Secrets(found.thief.client, other.namespace)

    assert elsewhere.get("db").status == elsewhere.apply(managed("db")).status == 403


@pytest.mark.threat("A pod's token is stolen")
def test_a_secret_over_the_size_limit_is_refused_by_the_api_server(real_api: ControlPlane) -> None:
    large = managed("db") | {"data": {"a": "A" * 4 * 349_526}}

    answer = loot(real_api, "namespace").thief.apply(large)

    assert answer.status == 422
    assert "Too long: m" in answer.body["message"]
    assert " 1048576 bytes" in answer.body["message"]


def test_secrets_have_no_subresource_by_which_to_get_around_the_guard(
    real_api: ControlPlane,
) -> None:
    resources = real_api.request("GET", "/api/v1").body["resources"]

    assert [it["name"] for it in resources if it["name"].startswith("secrets")] == ["secrets"]


@pytest.mark.threat("A pod's token is stolen")
def test_an_event_on_any_object_of_the_namespace_can_be_forged(real_api: ControlPlane) -> None:
    """What neither the Role nor the guard holds: docs/security.md says so."""
    found = loot(real_api, "names")
    target = {"kind": "Pod", "namespace": found.namespace, "name": "somebody-elses"}
    body = {"metadata": {"generateName": "x"}, "involvedObject": target, "reason": "Forged"}
    path = f"/api/v1/namespaces/{found.namespace}/events"

    assert found.thief.client.request("POST", path, body).status == 201
