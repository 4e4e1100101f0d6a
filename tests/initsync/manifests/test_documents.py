"""YAML of any origin: what is read, and the sentence for what is not."""

import json
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from initsync.manifests.documents import NotYaml, decode, documents
from initsync.manifests.paths import lookup
from initsync.manifests.tree import MapNode, Node, ScalarNode

WANTED = ["a", "b", "c"]


def text_at(text: str, *path: str) -> str | None:
    (root,) = documents(text, WANTED.__contains__)
    found = lookup(root, *path)
    return found.text if isinstance(found, ScalarNode) else None


def plain(node: Node) -> Any:
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, MapNode):
        return {key: plain(value) for key, value in node.fields.items()}
    return [plain(item) for item in node.items]


TREES = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=["C"])),
    lambda inner: (
        st.dictionaries(st.sampled_from(WANTED), inner)
        | st.lists(inner.filter(lambda item: not isinstance(item, str)))
    ),
).filter(lambda tree: not isinstance(tree, str))


@given(TREES)
def test_what_a_writer_writes_is_read_back(tree: Any) -> None:
    for text in (yaml.safe_dump(tree), json.dumps(tree), json.dumps(tree, indent="\t")):
        assert [plain(root) for root in documents(text, WANTED.__contains__)] == [tree]


@given(st.text())
def test_any_text_is_documents_or_a_sentence(text: str) -> None:
    with suppress(NotYaml):
        list(documents(text, WANTED.__contains__))


@given(st.binary())
def test_any_bytes_are_text_or_a_sentence(data: bytes) -> None:
    with suppress(NotYaml):
        assert decode(data).encode() in (data, data[3:])


def test_of_a_field_that_is_there_twice_the_last_counts() -> None:
    assert text_at("a: 1\na: 2", "a") == "2"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("c: {<<: {a: 1}}", "1"),
        ("c: {<<: {a: 1}, a: 2}", "2"),
        ("c: {<<: [{a: 1}, {a: 2}]}", "1"),
        ("x: &x {a: 1}\nc: {<<: *x}", "1"),
        ("c: {<<: [{<<: {a: 1}}, {a: 2}]}", "1"),
        ("c: {<<: [{b: 1}]}", None),
        ("c: [{a: 1}]", None),
        ("c: &c {<<: {<<: {b: 1}}}", None),
    ],
)
def test_merge_keys_are_followed(text: str, found: str | None) -> None:
    assert text_at(text, "c", "a") == found


def test_merging_almost_without_end_is_a_sentence() -> None:
    with pytest.raises(NotYaml, match="more than 100 maps are merged"):
        text_at("c: " + "{<<: " * 101 + "}" * 101, "c", "a")


@pytest.mark.parametrize("bomb", ["[", "{a: ", "- ", "? ", "a: [", "a: - ", "&a [", "!t ["])
def test_a_bomb_of_brackets_is_a_sentence_not_a_crash(bomb: str) -> None:
    with pytest.raises(NotYaml):
        list(documents(bomb * 250_000, WANTED.__contains__))


def test_more_values_than_a_machine_should_keep_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("initsync.manifests.documents.NODES", 100)

    assert len(list(documents("[]\n---\n" * 20, WANTED.__contains__))) == 20
    with pytest.raises(NotYaml, match="more than 100 values: split it"):
        list(documents("[" + "x," * 100 + "]", WANTED.__contains__))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: *gone", 2, "not YAML: alias 'gone' has no anchor"),
        ("a: &x 1\n---\nb: *x", 3, "not YAML: alias 'x' has no anchor"),
        ("a: 1\n\tb: 2", 2, "not YAML: found "),
        ("a: 1\nb: \x01", 2, "not YAML: a character that YAML does not allow"),
        ("a: \ud800", 1, "not YAML: a character that YAML does not allow"),
        ("a: 1\nb: {{ .Values.x }}", 2, "it has {{ as Helm templates do: render it first"),
        ("a: 1\n{{- if .x }}\nb: 2\n", 3, "helm template CHART | initsync check -"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(NotYaml) as caught:
        list(documents(text, WANTED.__contains__))

    assert said in str(caught.value)
    assert caught.value.line == line


def test_braces_that_yaml_allows_are_no_template() -> None:
    assert text_at("x: '{{ }}'\na: 1", "a") == "1"
    assert text_at("{ {x: 1}: 2, a: 1}", "a") == "1"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\ud83d\ude00", "😀"),
        (r"\\ud83d\\ude00", r"\ud83d\ude00"),
        (r"\\\ud83d\ude00\uD83D\uDE01", "\\😀😁"),
        (r"\u00e9\/", "é/"),
    ],
)
def test_jsons_escapes_are_understood(written: str, read: str) -> None:
    assert text_at(f'{{"a": "{written}"}}', "a") == read
    assert json.loads(f'"{written}"') == read


@pytest.mark.parametrize("data", [b"a: \xff", "a: é".encode("latin-1"), "a: 1".encode("utf-16")])
def test_a_file_that_is_not_utf_8_is_told(data: bytes) -> None:
    with pytest.raises(NotYaml, match="not YAML: it is not UTF-8"):
        decode(data)
