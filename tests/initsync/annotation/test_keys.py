"""`keys`: names, renames, JSON Pointers (D32)."""

import pytest

from initsync.words.model import Key
from tests.initsync.annotation.written import entry, one, sentence

ITEM = "must be a name, or 'NAME: KEY' to keep it under another"
LETTERS = "must consist of letters, digits, '-', '_' and '.', and must not be empty"
ANOTHER = "; keep it under another name, as 'NAME: KEY'"


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("[DB_PASSWORD]", [("DB_PASSWORD", "DB_PASSWORD")]),
        ("[username: DB_USER]", [("username", "DB_USER")]),
        ("\n- a\n- b: c\n", [("a", "a"), ("b", "c")]),
        ("[{username: DB_USER}]", [("username", "DB_USER")]),
        ("['5']", [("5", "5")]),
        ("[a b: c]", [("a b", "c")]),
        ("['ü/~': c]", [("ü/~", "c")]),
        ("[a: x, a: y]", [("a", "x"), ("a", "y")]),
        ("[/a/b: c]", [("/a/b", "c")]),
        ("[/a~1b/~0: c]", [("/a~1b/~0", "c")]),
        ("[/: c]", [("/", "c")]),
        ("[/0/1: c]", [("/0/1", "c")]),
        ("['/a b|}': c]", [("/a b|}", "c")]),
    ],
)
def test_what_is_chosen(written: str, keys: list[tuple[str, str]]) -> None:
    assert one(f"keys: {written}\n").selection.keys == tuple(Key(*key) for key in keys)


def test_nothing_may_be_chosen_where_there_are_values() -> None:
    assert one("keys: []\nvalues: {a: b}\n").selection.keys == ()


@pytest.mark.parametrize("values", ["", "values: {}\n"])
def test_nothing_at_all_is_a_mistake(values: str) -> None:
    said = sentence(entry(f"keys: []\n{values}"))

    assert said == "line 4: keys takes nothing, and there are no values"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", " must be a list: begin each name with '- '"),
        ("a", " must be a list: begin each name with '- '"),
        ("{a: b}", " must be a list: begin each name with '- '"),
        ("['']", f"[0] {ITEM}"),
        ("['': a]", f"[0] {ITEM}"),
        ("[a, [b]]", f"[1] {ITEM}"),
        ("[{}]", f"[0] {ITEM}"),
        ("[{a: b, c: d}]", f"[0] {ITEM}"),
        ("[a: '']", f"[0] is '', but {LETTERS}"),
        ("[a b]", f"[0] is 'a b', but {LETTERS}{ANOTHER}"),
        ("[a:b]", f"[0] is 'a:b', but {LETTERS}{ANOTHER}"),
        ("[a: b c]", f"[0] is 'b c', but {LETTERS}"),
        ("[x, ..a]", f"[1] is '..a', but must not be '.' or start with '..'{ANOTHER}"),
        ("[5]", "[0] is '5', but must be a string and YAML reads a int: put it in quotes"),
        ("[a: 5]", "[0] is '5', but must be a string and YAML reads a int: put it in quotes"),
        ("[/a~b: c]", "[0] is '/a~b', but must have ~0 for '~' and ~1 for '/' in a JSON Pointer"),
        ("[/a~: c]", "[0] is '/a~', but must have ~0 for '~' and ~1 for '/' in a JSON Pointer"),
        ("[/a~2]", "[0] is '/a~2', but must have ~0 for '~' and ~1 for '/' in a JSON Pointer"),
        (
            "[/a/b]",
            "[0] is '/a/b', but must be renamed, as 'POINTER: KEY': no key of a Secret has a slash",
        ),
        ("[a, a]", " and values give 'a' twice"),
        ("[a, b: a]", " and values give 'a' twice"),
        ("[a]\nvalues: {a: x}", " and values give 'a' twice"),
        ("[a: [b]]", None),
    ],
)
def test_every_mistake_has_its_sentence(written: str, said: str | None) -> None:
    expected = f"keys{said}" if said else "'keys[0]' must be a string, not a list or map"

    assert sentence(entry(f"keys: {written}\n")) == f"line 4: {expected}"


def test_a_number_that_is_renamed_is_told_to_be_quoted() -> None:
    said = "line 4: a field name is '5', but must be a string and YAML reads a int: put it in"

    assert sentence(entry("keys: [5: a]\n")).startswith(said)


def test_a_mistake_has_its_own_line() -> None:
    assert sentence(entry("keys:\n- a\n- b: c\n- d e\n")).startswith("line 7: keys[2] is 'd e'")


def test_a_long_name_is_shown_in_part() -> None:
    said = sentence(entry(f"keys: [{'x' * 300}]\n"))

    assert said.endswith(f"x'…, but must be at most 253 characters, it has 300{ANOTHER}")
