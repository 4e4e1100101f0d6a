"""Names, keys and sizes are accepted exactly where Kubernetes accepts them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.words import rules

LABEL = string.ascii_lowercase + string.digits


@pytest.mark.parametrize("name", ["a", "db", "app-credentials", "a.b", "0", "x" * 253])
def test_a_dns_1123_subdomain_is_a_name(name: str) -> None:
    assert rules.name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "A", "a_b", "-a", "a-", ".a", "a.", "a..b", "a.-b", "a b", "a\n", "ä", "x" * 254, "a/b"],
)
def test_anything_else_is_no_name_and_the_rule_is_told(name: str) -> None:
    assert "DNS-1123 subdomain" in str(rules.name_problem(name))


@given(st.lists(st.text(LABEL + "-", min_size=1, max_size=30), min_size=1, max_size=6))
def test_names_are_judged_part_by_part(parts: list[str]) -> None:
    name = ".".join(parts)

    valid = not any(part.startswith("-") or part.endswith("-") for part in parts)

    assert (rules.name_problem(name) is None) == valid


@pytest.mark.parametrize("key", ["a", "DB_PASSWORD", "tls.crt", "-", "_", ".a", "k" * 253])
def test_keys_of_secret_data(key: str) -> None:
    assert rules.key_problem(key) is None


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("", "not be empty"),
        ("a/b", "letters, digits"),
        ("a b", "letters, digits"),
        ("ключ", "letters, digits"),
        ("a\n", "letters, digits"),
        ("k" * 254, "at most 253"),
        (".", "'..'"),
        ("..", "'..'"),
        ("..data", "'..'"),
    ],
)
def test_keys_that_kubernetes_refuses(key: str, rule: str) -> None:
    assert rule in str(rules.key_problem(key))


def test_a_secret_may_hold_exactly_one_mebibyte_of_values() -> None:
    assert rules.data_problem({"a": "x" * 1_048_576}) is None
    assert rules.data_problem({"a": "x" * 1_048_576, "b": ""}) is None


def test_one_byte_more_is_told_with_size_and_limit() -> None:
    problem = rules.data_problem({"a": "x" * 1_048_576, "b": "y"})

    assert problem == "its values are 1048577 bytes, the limit of a Secret is 1048576 bytes"


def test_size_is_counted_in_bytes_of_utf8() -> None:
    assert rules.data_problem({"a": "é" * 524_289}) is not None


@given(st.dictionaries(st.text(max_size=20), st.just("pl4nted-value"), max_size=4))
def test_no_problem_ever_shows_a_value(data: dict[str, str]) -> None:
    assert "pl4nted" not in str(rules.data_problem(data))
