"""docs/annotation.md names what the parser has, and its examples are annotations; the real API
server runs them in tests/cluster."""

import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from initsync import providers
from initsync.annotation import entry, plain, schema, values
from initsync.annotation.request import parse
from initsync.words import keys, secrettypes
from initsync.words.model import FORMATS, PodRef
from tests.annotation_page import EXAMPLES, PAGE
from tests.docs_blocks import blocks

POD = PodRef("shop", "web-1", "0b2a")
TEXTS = [example.annotation for example in EXAMPLES]


def annotations() -> list[str]:
    """All that the page shows, within a pod template too."""
    shown = [(text, yaml.safe_load(text)) for text in blocks("annotation", "yaml")]
    templates = [found["spec"]["template"] for _, found in shown if "spec" in found]
    within = [found["metadata"]["annotations"][keys.ANNOTATION] for found in templates]
    return within + [text for text, found in shown if {"provider", "secrets"} & found.keys()]


def column(heading: str) -> list[str]:
    """The code of the first column of the table whose head begins so."""
    (table,) = re.findall(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.M)
    firsts = (row.split("|")[1] for row in table.splitlines())
    return [name for first in firsts for name in re.findall(r"`([^`]+)`", first)]


@pytest.mark.parametrize("text", annotations())
def test_every_annotation_is_one_to_the_parser_and_to_the_schema(text: str) -> None:
    document = schema.document(providers)

    assert parse(text, POD, providers)
    assert list(Draft202012Validator(document).iter_errors(yaml.safe_load(text))) == []


def test_none_of_them_is_left_out() -> None:
    assert set(TEXTS) < set(annotations())
    assert len(annotations()) == len(TEXTS) + 2


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("field", (*entry.REQUIRED, *entry.OPTIONAL)),
        ("filter", values.FILTERS),
        ("format", FORMATS),
        ("type", secrettypes.TYPES),
    ],
)
def test_the_tables_have_all_that_there_is_and_no_more(
    heading: str, known: tuple[str, ...]
) -> None:
    assert sorted(column(heading)) == sorted(known)


def test_the_keys_of_a_type_are_those_that_are_checked() -> None:
    (table,) = re.findall(r"^\| type \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.M)
    for row in table.splitlines():
        (kind,), named = (re.findall(r"`([^`]+)`", cell) for cell in row.split("|")[1:3])
        together = " or " not in row
        sets = [named] if together else [[name] for name in named]

        assert [secrettypes.keys_problem(kind, it) for it in sets] == [None] * len(sets)
        for name in named:
            left = [it for it in named if it != name] if together else []
            assert secrettypes.keys_problem(kind, left)


def test_every_field_every_filter_and_every_format_has_an_example() -> None:
    found = [yaml.safe_load(text) for text in TEXTS]
    entries: list[dict[str, Any]] = [it for one in found for it in one.get(plain.LIST, [one])]

    assert {name for it in entries for name in it} == {*entry.REQUIRED, *entry.OPTIONAL}
    assert {it.get("format", FORMATS[0]) for it in entries} == set(FORMATS)
    templates = "".join(text for it in entries for text in it.get("values", {}).values())
    assert [name for name in values.FILTERS if f"|{name}}}" not in templates] == []
    assert any(it.get("keys") == [] for it in entries)
    assert {len(one.get(plain.LIST, [one])) for one in found} == {1, 2}


def test_the_marks_of_a_secret_are_all_named() -> None:
    marks = (keys.MANAGED_BY, keys.PROVIDER, keys.SOURCE_PATH, keys.SYNCED_AT, keys.VERSION)

    written = PAGE.partition("## What is written")[2]
    assert [name for name in (*marks, keys.SHAPE, keys.ADOPT) if f"`{name}" not in written] == []
    assert f"1 to {plain.MOST} entries" in PAGE
