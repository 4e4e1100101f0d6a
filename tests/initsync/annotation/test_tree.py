"""The annotation's YAML, read to a fixed depth and size: any pod's author may write it."""

import pytest

from initsync.words.rules import ANNOTATION_LIMIT
from tests.initsync.annotation.written import entry, listed, read, sentence


@pytest.mark.threat("An annotation is malicious")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("secrets: &a [*a]\n", "line 1: must have no alias (*): write it out"),
        (entry("keys: *k\n"), "line 4: must have no alias (*): write it out"),
        (listed(entry("<<: {version: 1}\n")), "line 5: must have no merge key (<<): write it out"),
        (entry("keys: [[[[[a]]]]]\n"), "line 4: is nested deeper than any field"),
        ("secrets: [[[[[[a]]]]]]", "line 1: is nested deeper than any field"),
        ("a: {{ b }}", "line 1: a field name must be a string, not a list or map: is {{ … }} a"),
        ("{{- with .Values }}", "line 1: not valid YAML: did not find expected node content: is {"),
        ("[a]: b", "line 1: a field name must be a string, not a list or map"),
        (f"{entry()}---\n{entry()}", "line 4: must be one YAML document, there is another"),
    ],
)
def test_what_no_annotation_needs_is_refused(text: str, said: str) -> None:
    assert sentence(text).startswith(said)


def test_depth_is_that_of_a_renamed_key_in_a_list_of_entries() -> None:
    assert read("{secrets: [{provider: vault, path: a, secretName: b, keys: [{c: d}]}]}")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (f"keys: [{'a,' * 5000}]\n", "must not have more than 3000 names and values"),
        (f"values: {{a: '{'${x}' * 2001}'}}\n", "must not have more than 2000 references ${…}"),
        (f"labels: {{a: {'x' * ANNOTATION_LIMIT}}}\n", "must be at most 262144 bytes, it has 26"),
    ],
)
def test_size_is_bounded(fields: str, said: str) -> None:
    assert sentence(entry(fields)).startswith(said)


def test_fifty_entries_with_thirty_keys_and_values_with_references_have_room() -> None:
    fields = f"keys: [{', '.join(f'k{it}' for it in range(30))}]\nvalues: {{url: '${{a}}'}}\n"
    text = listed(*(entry(fields, name=f"db-{number}") for number in range(50)))

    assert len(read(text)) == 50
