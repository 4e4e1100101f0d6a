"""Entries of one secretName fill one Secret together, and must not disagree (D36)."""

import pytest

from initsync.words.model import SEVERAL, targets
from tests.initsync.annotation.written import entry, listed, read, sentence


def both(first: str, second: str) -> str:
    """Two entries of the Secret db: the first begins in line 2, the second in line 6."""
    return listed(entry(f"{first}\n", path="a"), entry(f"{second}\n", path="b"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("keys: [a]", "keys: [b]"),
        ("keys: [a: x]", "keys: [a: y]"),
        ("keys: [a]", "format: json"),
        ("type: kubernetes.io/tls", "type: kubernetes.io/tls"),
        ("type: kubernetes.io/tls", "type: Opaque"),
        ("labels: {a: b}", "labels: {a: b, c: d}"),
        ("annotations: {a: b}", "annotations: {c: d}"),
        ("version: 1", "version: 2"),
    ],
)
def test_what_can_be_meant_together(first: str, second: str) -> None:
    (target,) = targets(read(both(first, second)))

    assert len(target.entries) == 2
    assert (target.provider, target.path) == ("vault", "vault a\nvault b")


def test_two_providers_are_several() -> None:
    text = listed(entry(), entry().replace("vault", "aws-secretsmanager"))

    (target,) = targets(read(text))

    assert target.provider == SEVERAL == "several"
    assert target.source == "aws-secretsmanager kv/db, vault kv/db"


def test_the_form_is_that_of_all_of_them() -> None:
    first = "type: kubernetes.io/tls\nkeys: [tls.crt]\nlabels: {a: b}"
    text = both(first, "keys: [tls.key]\nannotations: {c: d}")

    (target,) = targets(read(text))

    assert target.form.type == "kubernetes.io/tls"
    assert (dict(target.form.labels), dict(target.form.annotations)) == ({"a": "b"}, {"c": "d"})


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            "type: kubernetes.io/tls",
            "type: kubernetes.io/ssh-auth",
            "line 6: type of Secret db: type differs between the entries of lines 2 and 6",
        ),
        (
            "labels: {a: b}",
            "labels: {a: c}",
            "line 6: labels of Secret db: a differs between the entries of lines 2 and 6",
        ),
        (
            "annotations: {a: b}",
            "annotations: {a: ''}",
            "line 6: annotations of Secret db: a differs between the entries of lines 2 and 6",
        ),
        (
            "keys: [a]",
            "keys: [b: a]",
            "line 6: the entries of lines 2 and 6 both give Secret db the key a",
        ),
        (
            "values: {a: x}",
            "keys: [a]",
            "line 6: the entries of lines 2 and 6 both give Secret db the key a",
        ),
        (
            "type: kubernetes.io/tls\nkeys: [tls.crt]",
            "keys: [a]",
            "line 2: type kubernetes.io/tls must have the key tls.key: name it in keys or values",
        ),
    ],
)
def test_entries_that_disagree_are_named_by_their_lines(first: str, second: str, said: str) -> None:
    more = first.count("\n")

    assert sentence(both(first, second)) == said.replace("6", str(6 + more))


def test_entries_of_different_secrets_may_differ_in_all() -> None:
    text = listed(
        entry("type: kubernetes.io/tls\nlabels: {a: b}\n", name="one"),
        entry("labels: {a: c}\n", name="two"),
    )

    assert len(targets(read(text))) == 2


def test_a_type_is_left_to_the_document_where_one_entry_takes_all_of_it() -> None:
    (target,) = targets(read(both("type: kubernetes.io/tls\nkeys: [tls.crt]", "version: 1")))

    assert target.form.type == "kubernetes.io/tls"
