"""A Secret's JSON without what fills it: what is left is as it was, whatever its strings hold."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.kube import crowd

PARTS = 10_000
# Strings that look like the JSON around them.
TEXTS = st.text(st.sampled_from('"\\{}[],: dataé\n😀managedFields'), max_size=30)
OWNERS = st.lists(st.fixed_dictionaries({"manager": TEXTS, "fieldsV1": st.just({"f:data": {}})}))


@given(
    st.dictionaries(TEXTS, TEXTS),
    OWNERS,
    st.dictionaries(st.text("abc.-_", min_size=1), st.text("AQ=")),
    st.booleans(),
    st.booleans(),
)
def test_all_but_data_and_owners_is_left(
    notes: dict[str, str],
    owners: list[dict[str, Any]],
    data: dict[str, str],
    ascii_only: bool,
    spaced: bool,
) -> None:
    metadata = {"annotations": notes, "managedFields": owners, "name": "db"}
    secret = {"metadata": metadata, "data": data, "type": "Opaque"}
    separators = (", ", ": ") if spaced else (",", ":")

    light = crowd.lightened(
        json.dumps(secret, ensure_ascii=ascii_only, separators=separators).encode(), PARTS
    )

    assert json.loads(light) == {
        "metadata": {"annotations": notes, "managedFields": None, "name": "db"},
        "data": None,
        "type": "Opaque",
    }


def test_what_stands_in_strings_does_not_count() -> None:
    text = json.dumps({"metadata": {"annotations": {"a": "{[,\\" * 50_000}}}).encode()

    assert crowd.lightened(text, 3) == text
    assert crowd.lightened(text, 2) == b""


@pytest.mark.parametrize("unit", ["{},", "[],", '"a",', '{"a":[{}]},', '"\\"",'])
def test_what_has_too_many_parts_even_so_is_nothing(unit: str) -> None:
    assert crowd.lightened(f"[{unit * PARTS}0]".encode(), PARTS) == b""


@given(st.binary(), st.sampled_from([b'{"data":{', b'{"data":["', b'{"managedFields":[{"a":"\\']))
def test_what_is_no_json_is_passed_over(text: bytes, before: bytes) -> None:
    crowd.lightened(before + text, PARTS)
