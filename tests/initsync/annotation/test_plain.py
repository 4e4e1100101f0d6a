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


def test_a_plain_annotation_does_not_import_pyyaml() -> None:
    code = (
        "import sys; from initsync import providers; from initsync.annotation import request;"
        "from initsync.words.model import PodRef;"
        "text = 'provider: aws-secretsmanager\\npath: b\\nsecretName: c';"
        "request.parse(text, PodRef('', '', ''), providers);"
        "print('yaml' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout == "False\n"
