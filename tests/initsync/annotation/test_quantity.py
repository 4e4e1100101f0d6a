"""Kubernetes quantities."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.annotation import quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("1", "1"),
        ("100m", "0.1"),
        ("0.5", "0.5"),
        (".5", "0.5"),
        ("1.", "1"),
        ("64Mi", "67108864"),
        ("1Gi", "1073741824"),
        ("1G", "1000000000"),
        ("2k", "2000"),
        ("1E", "1000000000000000000"),
        ("1Ei", "1152921504606846976"),
        ("1e3", "1000"),
        ("5E2", "500"),
        ("1e-3", "0.001"),
        ("3u", "0.000003"),
        (2, "2"),
    ],
)
def test_a_quantity_is_a_number(text: object, number: str) -> None:
    assert quantity.value(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "lots", "-1", "1 Gi", "1gi", "Mi", "1e", "1e9999", "١", "9" * 99, None]
)
def test_anything_else_is_none(text: object) -> None:
    assert quantity.value(text) is None


@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    found = quantity.value(text)

    assert found is None or found >= 0


def test_the_larger_of_two_keeps_its_spelling() -> None:
    assert quantity.larger("1000m", "0.5") == "1000m"
    assert quantity.larger("10m", "0.1") == "0.1"
    assert quantity.larger("junk", "1") == "1"
