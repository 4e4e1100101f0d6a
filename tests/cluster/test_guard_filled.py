"""A Secret that a stolen token filled: the next sync makes room in it and writes what is right.

On the real API server, under the guard: what it cannot keep out of JASM's own Secret is mended by
the sync. What the guard keeps out is tried where it does not guard.
"""

import base64
from collections.abc import Callable, Iterator

import pytest

from initsync.testing.client import Answer
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.contract import Secrets
from tests.cluster.guard import managed
from tests.cluster.shop import Shop
from tests.full import FULL as IN_FULL
from tests.full import only_in_full

ETCD = 1_572_864  # bytes of an object
OURS = 22_000  # bytes of what is synced
KEYS = 66_000 if IN_FULL else 22_000
BRIM = 262_144  # bytes of all annotations of an object

FULL = base64.b64encode(b"x" * (1_048_576 - 60)).decode()
SYNC = {("get", "secrets"): 1, ("create", "events"): 1}
OF_OURS = f"{keys.PREFIX}x"
Attack = Callable[[Secrets], Iterator[Answer]]


def one_large_key(thief: Secrets) -> Iterator[Answer]:
    yield thief.apply(managed("db") | {"data": {"junk": FULL}}, "thief")


def one_large_key_by_a_merge(thief: Secrets) -> Iterator[Answer]:
    yield thief.merge("db", {"data": {"junk": FULL}})


def one_large_key_in_jasms_name(thief: Secrets) -> Iterator[Answer]:
    body = {"data": {"junk": FULL}}
    target = f"{thief.path}/db?fieldManager=jasm"
    yield thief.client.request("PATCH", target, body, "application/merge-patch+json")


def one_large_key_that_nobody_owns(thief: Secrets) -> Iterator[Answer]:
    yield thief.merge("db", {"data": {"junk": FULL}})
    yield thief.merge("db", {"metadata": {"managedFields": [{}]}})


def tens_of_thousands_of_keys(thief: Secrets) -> Iterator[Answer]:
    """So that applying anything takes the API server seconds, and their names megabytes."""
    yield thief.merge("db", {"data": {f"{number:x}": "" for number in range(KEYS)}})


def owners_of_everything(thief: Secrets) -> Iterator[Answer]:
    """Of as many fields as etcd takes: what applying adds is then beyond that."""
    fields: JsonObject = {"f:data": {f"f:{number}": {} for number in range(1000)}}
    owner: JsonObject = {"apiVersion": "v1", "operation": "Apply", "fieldsType": "FieldsV1"}
    owners = [{**owner, "manager": f"x{number}", "fieldsV1": fields} for number in range(40)]
    fits, over = 0, ETCD
    while over - fits > OURS // 2:
        size = (fits + over) // 2
        patch = {"metadata": {"managedFields": owners}, "data": {"junk": "A" * (size // 4 * 4)}}
        answer = thief.merge("db", patch)
        if answer.status < 300:
            fits, filled = size, answer
        else:
            assert "too large" in answer.body["message"] or "Too long" in answer.body["message"]
            over = size
    yield filled


def what_the_guard_lets_be_of_annotations(thief: Secrets) -> Iterator[Answer]:
    many = {f"{keys.PREFIX}{number}": "y" * 100 for number in range(490)}
    yield thief.apply(managed("db", annotations=many), "thief")


ATTACKS: list[Attack] = [
    *(one_large_key, one_large_key_by_a_merge, one_large_key_in_jasms_name),
    *(one_large_key_that_nobody_owns, tens_of_thousands_of_keys, owners_of_everything),
    what_the_guard_lets_be_of_annotations,
]


def annotations_to_the_brim(thief: Secrets) -> Iterator[Answer]:
    yield fill(thief, OF_OURS)


def thousands_of_annotations(thief: Secrets) -> Iterator[Answer]:
    many = {f"{keys.PREFIX}{number}": "" for number in range(10_000)}
    yield thief.apply(managed("db", annotations=many), "thief")


def annotations_of_others_to_the_brim(secrets: Secrets) -> Iterator[Answer]:
    yield secrets.merge("db", {"metadata": {"annotations": {"other": "y" * 60}}})
    yield fill(secrets, "note")


def fill(secrets: Secrets, name: str) -> Answer:
    """To the last byte; where a mark of JASM's was that the next sync puts there again."""
    found: dict[str, str] = secrets.get("db").body["metadata"]["annotations"]
    found.pop(keys.VERSION)
    room = BRIM - len(name) - sum(map(len, [*found, *found.values()]))
    return secrets.merge(
        "db", {"metadata": {"annotations": {keys.VERSION: None, name: "y" * room}}}
    )


UNGUARDED: list[Attack] = [annotations_to_the_brim, thousands_of_annotations]


def attacked(shop: Shop, attack: Attack, *, guarded: bool) -> None:
    """A Secret that was synced, and then filled with the pod's stolen token; then rotated."""
    if not guarded:
        unguarded: JsonObject = {"apiGroups": [""], "resources": ["secrets"]}
        shop.api.allow(shop.namespace, "app", [unguarded | {"verbs": ["jasm-bypass"]}])
    assert shop.run(shop.pod("before")).exit_code == 0
    thief = Secrets(shop.api.client(shop.api.create_token(shop.namespace, "app")), shop.namespace)
    for answer in attack(thief):
        assert answer.status == 200, answer.body["message"]
    shop.aws.rotate(shop.path, {"user": "pl4nted-new" * (OURS // 11)})


def assert_mended(shop: Shop) -> None:
    ended = shop.run(shop.pod("after"), JASM_SETTLE="0")

    assert ended.exit_code == 0, ended.stderr
    assert shop.values() == {"user": "pl4nted-new" * (OURS // 11)}
    own = {
        name for name in shop.secret()["metadata"]["annotations"] if name.startswith(keys.PREFIX)
    }
    assert own == {keys.SOURCE_PATH, keys.SYNCED_AT, keys.VERSION}
    before = shop.calls()
    assert "is up to date" in shop.run(shop.pod("later")).stderr
    assert shop.calls() - before == SYNC


def by_name(attack: Attack) -> str:
    return attack.__name__


# A large key is a large key: without an owner it is the hardest to be rid of.
ALIKE = (one_large_key_by_a_merge, one_large_key_in_jasms_name)
EACH = [pytest.param(it, marks=only_in_full) if it in ALIKE else it for it in ATTACKS]


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize("attack", EACH, ids=by_name)
def test_what_a_thief_may_fill_the_next_sync_mends(real_shop: Shop, attack: Attack) -> None:
    attacked(real_shop, attack, guarded=True)

    assert_mended(real_shop)


@pytest.mark.parametrize("attack", UNGUARDED, ids=by_name)
def test_what_the_guard_keeps_out_is_mended_where_it_does_not_guard(
    real_shop: Shop, attack: Attack
) -> None:
    attacked(real_shop, attack, guarded=False)

    assert_mended(real_shop)


def test_what_was_mended_is_synced_as_any_other(real_shop: Shop) -> None:
    attacked(real_shop, one_large_key, guarded=True)
    assert_mended(real_shop)
    for number, value in enumerate([{"other": "pl4nted-value"}, {"user": "pl4nted-value"}]):
        real_shop.aws.rotate(real_shop.path, value)

        assert real_shop.run(real_shop.pod(f"last-{number}"), JASM_SETTLE="0").exit_code == 0

        assert real_shop.values() == value


def test_where_others_fill_it_the_sentence_names_them_and_says_what_to_do(real_shop: Shop) -> None:
    attacked(real_shop, annotations_of_others_to_the_brim, guarded=False)

    ended = real_shop.run(real_shop.pod("after"), JASM_SETTLE="0")

    assert ended.exit_code == 5
    assert "Invalid at metadata.annotations" in ended.stderr
    assert "labels and annotations of others take 26" in ended.stderr
    assert "most by note, other: remove some of them, or name another secretName" in ended.stderr
