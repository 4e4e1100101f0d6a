"""YAML that every reader reads alike."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from initsync.manifests import dump

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(st.lists(JSON, min_size=1, max_size=3))
@example(["A\x85", "a\n\x85b\n", {"A\u2028b": "a\n\u2029"}])
def test_what_is_written_is_read_again(documents: list[Any]) -> None:
    text = dump.dump(documents)

    assert list(yaml.safe_load_all(text)) == documents
    assert text.replace("\n", "").isprintable(), "a terminal would obey it"


def test_what_turns_the_direction_of_text_is_escaped() -> None:
    """It was not: a label for the guard could look like another one."""
    assert dump.dump([{"\u202ea": "gür\u202eb"}]) == '"\\U0000202ea": "gür\\U0000202eb"\n'


@pytest.mark.parametrize(
    "text",
    ["yes", "No", "on", "y", "null", "~", "1e3", "0o7", "0644", "1_0", ".5", "2020-01-01", ""],
)
def test_what_some_reader_takes_for_no_string_is_quoted(text: str) -> None:
    assert dump.dump([{"a": text}]) == f'a: "{text}"\n'


@pytest.mark.parametrize("text", ["web", "/prod/db", "arn:aws:iam::1:role/x", "get"])
def test_names_are_not_quoted(text: str) -> None:
    assert dump.dump([[text]]) == f"- {text}\n"


def test_what_is_there_twice_is_written_twice() -> None:
    shared = {"a": ["b"]}

    assert "*" not in dump.dump([[shared, shared]])
