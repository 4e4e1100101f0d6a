"""Server-side apply as a pure function: who owns what, what goes and what stays."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.testing.apiserver.ownership import (
    FieldConflicts,
    Owner,
    applied,
    managed_fields,
    merge_patch,
    updated,
)
from initsync.words.model import JsonObject

JASM = Owner("jasm", "Apply")
KEYS = st.sampled_from(["a", "b", "c", "d"])
DATA = st.dictionaries(KEYS, st.sampled_from(["1", "2"]), max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


def secret(data: dict[str, str]) -> JsonObject:
    return {"kind": "Secret", "metadata": {"name": "db"}, "data": data}


@given(DATA, DATA)
def test_the_only_manager_gets_exactly_what_it_says(first: JsonObject, then: JsonObject) -> None:
    live, owners = applied({}, {}, secret(first), "jasm", force=True)
    live, owners = applied(live, owners, secret(then), "jasm", force=True)

    assert live.get("data", {}) == then


@given(DATA, DATA)
def test_applying_twice_changes_nothing(before: JsonObject, data: JsonObject) -> None:
    created = secret(before)
    once = applied(created, updated({}, {}, created, "kubectl"), secret(data), "jasm", force=True)

    assert applied(*once, secret(data), "jasm", force=True) == once


@given(DATA, DATA, DATA)
def test_foreign_keys_survive_and_ours_are_as_we_say(
    theirs: JsonObject, first: JsonObject, then: JsonObject
) -> None:
    live = secret(theirs)
    owners = updated({}, {}, live, "kubectl")
    for ours in (first, then):
        live, owners = applied(live, owners, secret(ours), "jasm", force=True)

    data = live.get("data", {})
    assert {key: data.get(key) for key in then} == then
    # Theirs stay unless we took them over by another value, and then left them out.
    untouched = {key for key in theirs if first.get(key, theirs[key]) == theirs[key]}
    assert untouched <= data.keys()


@given(DATA, DATA)
def test_without_force_exactly_the_differing_fields_of_others_conflict(
    theirs: JsonObject, ours: JsonObject
) -> None:
    live, owners = applied({}, {}, secret(theirs), "other", force=True)
    differing = {("data", key) for key in ours if theirs.get(key, ours[key]) != ours[key]}

    try:
        applied(live, owners, secret(ours), "jasm", force=False)
        found = {}
    except FieldConflicts as error:
        found = dict(error.conflicts)

    assert found == ({Owner("other", "Apply"): differing} if differing else {})


@given(DATA, DATA)
def test_the_arguments_are_left_alone(before: JsonObject, data: JsonObject) -> None:
    live, manifest = secret(before), secret(data)
    owners = updated({}, {}, live, "kubectl")
    copies = copy.deepcopy((live, owners, manifest))

    applied(live, owners, manifest, "jasm", force=True)

    assert (live, owners, manifest) == copies


def test_a_co_owned_key_stays() -> None:
    live, owners = applied({}, {}, secret({"a": "1"}), "jasm", force=True)
    live, owners = applied(live, owners, secret({"a": "1"}), "other", force=True)

    live, owners = applied(live, owners, secret({}), "jasm", force=True)

    assert live["data"] == {"a": "1"}
    assert list(owners) == [Owner("other", "Apply")]


def test_an_update_takes_what_it_changes_from_its_owner() -> None:
    live, owners = applied({}, {}, secret({"a": "1", "b": "1"}), "jasm", force=True)

    owners = updated(live, owners, secret({"a": "2", "b": "1"}), "kubectl")

    assert owners == {
        JASM: frozenset({("data", "b")}),
        Owner("kubectl", "Update"): frozenset({("data", "a")}),
    }


def test_what_the_server_sets_has_no_owner() -> None:
    _, owners = applied({}, {}, secret({"a": "1"}), "jasm", force=True)

    assert owners[JASM] == {("data", "a")}


def test_lists_are_taken_whole() -> None:
    live, owners = applied({}, {}, {"spec": {"l": [1, 2]}}, "jasm", force=True)

    live, _ = applied(live, owners, {"spec": {"l": [3]}}, "jasm", force=True)

    assert live == {"spec": {"l": [3]}}


def test_managed_fields_are_a_tree() -> None:
    owners = {JASM: frozenset({("data", "a"), ("type",)})}

    assert managed_fields(owners, "v1")[0]["fieldsV1"] == {"f:data": {"f:a": {}}, "f:type": {}}


# https://www.rfc-editor.org/rfc/rfc7396#appendix-A
@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, "bar", "bar"),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_is_rfc_7396(target: object, patch: object, result: object) -> None:
    assert merge_patch(target, patch) == result


@given(JSON, JSON)
def test_a_merge_patch_is_idempotent(target: object, patch: object) -> None:
    once = merge_patch(target, patch)

    assert merge_patch(once, patch) == once
