"""JSON Pointers: the RFC's own examples, and what is not there.

https://www.rfc-editor.org/rfc/rfc6901#section-5
"""

from typing import Any

import pytest

from initsync.formats.json import NotSecretData, document
from initsync.formats.pointer import NotThereError, resolve

RFC: dict[str, Any] = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_rfcs_examples(pointer: str, value: object) -> None:
    assert resolve(pointer, RFC) == value


def test_a_tilde_and_a_one_are_no_slash() -> None:
    assert resolve("/~01", {"~1": "x"}) == "x"


@pytest.mark.parametrize(
    ("pointer", "at", "names"),
    [
        ("/nope", "", list(RFC)),
        ("/foo/2", "/foo", ["0 to 1"]),
        ("/foo/-", "/foo", ["0 to 1"]),
        ("/foo/01", "/foo", ["0 to 1"]),
        ("/foo/1e0", "/foo", ["0 to 1"]),
        ("/foo/²", "/foo", ["0 to 1"]),
        (f"/foo/{'9' * 5000}", "/foo", ["0 to 1"]),
        ("/foo/0/x", "/foo/0", []),
        ("/c%d/x", "/c%d", []),
        ("/a/b", "", list(RFC)),
    ],
)
def test_what_is_not_there_says_where_and_what_is(pointer: str, at: str, names: list[str]) -> None:
    with pytest.raises(NotThereError) as caught:
        resolve(pointer, RFC)

    assert (caught.value.at, caught.value.names) == (at, names)


def test_an_object_with_a_key_twice_is_no_way() -> None:
    found = document('{"a": {"b": {"c": "pl4nted", "c": "pl4nted"}}}')

    with pytest.raises(NotSecretData, match="the object at '/a/b' has a key twice"):
        resolve("/a/b/c", found)


def test_an_empty_list_has_no_names() -> None:
    with pytest.raises(NotThereError) as caught:
        resolve("/a/0", {"a": []})

    assert caught.value.names == []
