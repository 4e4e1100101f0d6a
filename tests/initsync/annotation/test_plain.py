"""The plain reader: what it reads is what PyYAML reads, and every example is plain."""

import re
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from initsync.annotation import plain, tree
from initsync.annotation.plain import FIELDS, Field
from tests.places import ROOT

VALUES = st.sampled_from(["/a", "a", "Db", "a:b", "no", "a b", "", "- a", "arn:aws:x:"])
LINES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "", "- ", " "]),
    st.sampled_from([*FIELDS, "provider", "x"]),
    st.sampled_from([": ", ": ", ": ", ":", " : ", ":  "]),
    st.one_of(
        st.text("aZ/_+=.@:-0#~'!&%\t ,{}[]|>?\x85\u2028\r", max_size=6),
        st.sampled_from(["No", "on", "NULL", "y", "~", "1e3", "=", "<<", "a:b", "a: b", "a #b"]),
    ),
)
TEXTS = st.builds(
    "{}{}".format, st.lists(LINES, max_size=4).map("\n".join), st.sampled_from(["", "\n", "\n\n"])
)


ENTRY = st.permutations([*FIELDS]).flatmap(
    lambda names: st.tuples(*(st.builds("{}: {}".format, st.just(name), VALUES) for name in names))
)
LISTS = st.builds(
    lambda indent, inner, entries, end: (
        "\n".join(
            [
                "secrets:",
                *(
                    f"{indent}{sign}{line}"
                    for it in entries
                    for sign, line in zip(inner, it, strict=True)
                ),
            ]
        )
        + end
    ),
    st.sampled_from(["", "  ", "    ", "\t", " x"]),
    st.sampled_from([("- ", "  ", "  "), ("- ", "  ", "  "), ("-", " ", " "), ("- ", "   ", "  ")]),
    st.lists(ENTRY, max_size=3),
    st.sampled_from(["", "\n", "\n\n", "\nx: y", "\n  - x: y", "\n - path: a"]),
)


def fields(text: str) -> list[tuple[str, tree.Node]]:
    return [(name.value, found) for name, found in tree.read(text).members]


@given(TEXTS)
@example("path: arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-AbCdEf\n")
@example("path: /a:\n")
@example("path: a\nprovider: no")
@example("path: a" + 2000 * "b")
def test_what_is_plain_says_the_same_in_yaml(text: str) -> None:
    found = plain.read(text)

    assert found is None or list(found.items()) == fields(text)


def test_fields_have_their_lines() -> None:
    assert plain.read("secretName: db\npath: /a\n") == {
        "secretName": Field("db", 1),
        "path": Field("/a", 2),
    }


@given(LISTS)
@example("secrets:\n- provider: a\n  path: b\n  secretName: c")
@example("secrets:\n" + 51 * "- provider: a\n  path: b\n  secretName: c\n")
def test_what_is_plain_in_a_list_says_the_same_in_yaml(text: str) -> None:
    found = plain.entries(text)

    assert found is None or [list(entry.items()) for entry in found] == listed(text)


def listed(text: str) -> list[list[tuple[str, tree.Node]]]:
    ((name, entries),) = fields(text)
    assert name == "secrets"
    assert isinstance(entries, tree.ListNode)
    assert len(entries.items) <= 50
    maps = [entry for entry in entries.items if isinstance(entry, tree.MapNode)]
    assert all(it.line == min(node.line for _, node in it.members) for it in maps)
    return [[(field.value, node) for field, node in it.members] for it in maps]


def test_entries_have_their_lines() -> None:
    text = "secrets:\n  - secretName: db\n    path: /a\n    provider: p\n"

    expected = {"secretName": Field("db", 2), "path": Field("/a", 3), "provider": Field("p", 4)}
    assert plain.entries(text + text.partition("\n")[2].replace("db", "other")) == [
        expected,
        {
            name: Field(it.value.replace("db", "other"), it.line + 3)
            for name, it in expected.items()
        },
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secrets:",
        "secrets:\n- path: a",
        "secrets: []",
        "secrets:\n- provider: a\n  path: b\n  secretName: c\nx: y",
        "secrets:\n- provider: a\n  path: b\n  secretName: c\n  keys: [a]",
    ],
)
def test_the_rest_of_lists_is_for_yaml(text: str) -> None:
    assert plain.entries(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "path:", "path: ", "path: no", "path: 5", "path: a ", "path: a\n\n", "path: a\npath: b"],
)
def test_the_rest_is_for_yaml(text: str) -> None:
    assert plain.read(text) is None


def test_every_example_is_plain() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "deploy/examples").glob("*.yaml"))]
    texts = "\n".join(page.read_text() for page in pages)

    found = re.findall(r"secret-sync: \|\n((?: +(?:provider|path|secretName): .*\n)+)", texts)

    assert len(found) >= 4
    assert all(plain.read(re.sub("^ +", "", text, flags=re.M)) for text in found)


@pytest.mark.parametrize("start", ["", "secrets:\n- "])
def test_a_plain_annotation_does_not_import_pyyaml(start: str) -> None:
    code = (
        "import sys; from initsync import providers; from initsync.annotation import request;"
        "from initsync.words.model import PodRef;"
        "request.parse(sys.argv[1], PodRef('', '', ''), providers);"
        "print('yaml' in sys.modules)"
    )
    text = start + "provider: aws-secretsmanager\n  path: b\n  secretName: c".replace(
        "\n  ", "\n  " if start else "\n"
    )
    command = [sys.executable, "-c", code, text]

    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert done.stdout == "False\n"
