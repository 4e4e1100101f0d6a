"""The page of migration: what other tools say and give becomes what it says of JASM."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from initsync import providers
from initsync.annotation import entry
from initsync.annotation.request import parse as parse_annotation
from initsync.formats.json import NotSecretData, parse
from initsync.words import keys, rules
from initsync.words.model import PodRef
from tests.docs_blocks import DOCS, marked

MIGRATION = (DOCS / "migration.md").read_text()


def test_a_migrated_workload_is_the_same_but_for_where_its_secret_comes_from() -> None:
    before = [yaml.safe_load(text) for text in marked("migration", "before")]
    after = [yaml.safe_load(text) for text in marked("migration", "after")]

    external, _, csi, vault = before
    assert [one["kind"] for one in after] == ["Deployment", "Deployment", "Pod"]
    assert keys.ANNOTATION in str(after[0])
    ordered = external["spec"]["dataFrom"][0]["extract"]["key"]
    assert f"path: {ordered}\n" in str(marked("migration", "after")[0])
    mounts = [
        one["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] for one in (csi, after[1])
    ]
    assert mounts[0] == mounts[1]
    commands = [one["spec"]["containers"][0]["command"] for one in (vault, after[2])]
    assert commands[0] == commands[1]
    assert vault["spec"]["serviceAccountName"] == after[2]["spec"]["serviceAccountName"]


NAMED = {"provider": "aws-secretsmanager", "path": "/prod/shop/db", "secretName": "db"}


def translated() -> Iterator[Any]:
    """Of the tables of fields of other tools what each becomes in the annotation."""
    tables = re.findall(r"^\| \w+ \| annotation \|\n\|---\|---\|\n((?:\|.*\n)+)", MIGRATION, re.M)
    assert len(tables) == 2
    for row in "".join(tables).splitlines():
        theirs, ours = re.split(r"(?<!\\)\|", row)[1:3]
        if found := re.match(r" `([^`]+)`", ours):
            yield pytest.param(found[1].replace(r"\|", "|"), id=theirs.strip())
        else:
            assert ours.startswith(" none: ")


@pytest.mark.parametrize("text", list(translated()))
def test_what_a_field_of_another_tool_becomes_is_an_annotation(text: str) -> None:
    said = yaml.safe_load(text)
    asked = said if "secrets" in said else NAMED | said

    assert parse_annotation(yaml.safe_dump(asked), PodRef("shop", "web", "1"), providers)


def test_every_field_is_the_translation_of_some() -> None:
    said = [yaml.safe_load(one.values[0]) for one in translated()]

    names = {name for one in said for name in one}
    own = {"provider", *(name for it in providers.names() for name in providers.fields(it))}
    assert names - own == {"path", "secretName", "secrets", *entry.OPTIONAL}


def values_that_differ() -> Iterator[Any]:
    """What is in AWS, and what JASM is said to make of it."""
    table = MIGRATION.partition("### Values that differ")[2]
    for before, ours in re.findall(r"^\|[^|]*?`(\{[^|]*\})` \| [^|]+ \| ([^|]+) \|$", table, re.M):
        yield pytest.param(before, ours, id=before)


@pytest.mark.parametrize(("before", "ours"), list(values_that_differ()))
def test_a_value_becomes_what_the_page_of_migration_says(before: str, ours: str) -> None:
    try:
        data = parse(before)
        said = rules.data_problem(data) or list(data.values())
    except NotSecretData as error:
        said = str(error)

    if ours == "refused":
        assert isinstance(said, str)
    else:
        assert said == re.findall(r"`([^`]+)`", ours)


def test_the_page_of_migration_has_values_of_both_kinds() -> None:
    ours = [one.values[1] for one in values_that_differ()]

    assert len(ours) >= 12
    assert len([it for it in ours if it != "refused"]) >= 4
