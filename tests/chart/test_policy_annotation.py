"""What the policy's CEL reads from an annotation, against the injector's parser."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync import providers
from initsync.annotation import request
from initsync.annotation.plain import FIELDS, read
from initsync.words.errors import JasmError
from initsync.words.model import PodRef
from tests.chart.examples import one
from tests.chart.helm import Helm


class Reader:
    """What the policy reads from an annotation: its CEL's four regular expressions, run by
    Python's `re`, which knows the same syntax here."""

    def __init__(self, expression: str) -> None:
        (other,) = re.findall(r"matches\('(.+?)'\)", expression)
        self._other = other.encode().decode("unicode_escape")  # as CEL reads a string
        (self._comment,) = re.findall(r"findAll\('(.+?)'\)", expression)
        (self._name,) = re.findall(r"find\(r'''(.+?)'''\)", expression)

    def name(self, text: str) -> str:
        if re.search(self._other, text):
            return ""
        if text.count("secretName") - 1 != len(re.findall(self._comment, text)):
            return ""
        found = re.search(self._name, text)
        rest = found.group().rpartition("secretName")[2] if found else ""
        name = re.search("[-.a-z0-9]+", rest.partition(":")[2])
        return name.group() if name else ""


@pytest.fixture(scope="module")
def reader(helm: Helm) -> Reader:
    variables = one(helm.objects("--set=injection.mode=policy"), "MutatingAdmissionPolicy")["spec"][
        "variables"
    ]
    by_name = {variable["name"]: variable["expression"] for variable in variables}
    return Reader(by_name["secretName"])


def parsed(text: str) -> str:
    """The name by the injector's parser; empty where the annotation is invalid."""
    try:
        pod = PodRef("shop", "web", "")
        return request.parse(text, pod, providers).secret_name
    except JasmError:
        return ""


PIECE = st.sampled_from(
    [
        *("provider", "path", "secretName", ": ", ":", " ", "  ", "\n", "\r\n", "\t", '"', "'"),
        *("{", "}", ", ", "# ", "#", "|", ">-", "- ", "? ", "\\", "db", "db-2.x", "/prod/db"),
        *("aws-secretsmanager", "secretName: old", "\nsecretName: db", "\npath: /prod/db"),
        "provider: aws-secretsmanager",
        *("%TAG ! ", "%YAML 1.1\n", "%X ", "---\n", "...\n", "secretNam", "\\x65", "\\u0065"),
        *(
            '"secretNam\\x65": ',
            "\\",
            "\r",
            "\x85",
            "\u2028",
            "&a ",
            "*a ",
            "!!str ",
            "!a!x ",
            "<<: ",
        ),
    ]
)
FIELD = st.sampled_from(
    ["{0}: {1}", '"{0}": "{1}"', "'{0}':  '{1}'", "{0}: {1} # note", "{0} : {1}"]
)
COMMENT = st.sampled_from(
    ["", "# secretName: old\n", "# was {secretName: old}\n", "  # path, secretName: old\n", "\n"]
)


@st.composite
def forms(draw: st.DrawFn) -> str:
    """A valid annotation, in one of the forms that people give it."""
    values = {"provider": "aws-secretsmanager", "path": "/prod/db", "secretName": "db-1.x"}
    order = draw(st.permutations(sorted(values)))
    fields = [draw(FIELD).format(name, values[name]) for name in order]
    if draw(st.booleans()):
        plain = [field.partition(" #")[0] for field in fields]
        return "{" + ", ".join(plain) + "}"
    return "".join(draw(COMMENT) + f"{field}\n" for field in fields)


@given(text=st.lists(PIECE, max_size=14).map("".join) | forms())
def test_the_name_that_it_reads_is_never_another_than_the_parsers(
    reader: Reader, text: str
) -> None:
    read, valid = reader.name(text), parsed(text)

    assert not (read and valid) or read == valid


@pytest.mark.parametrize("directive", ["%TAG ! x,", "# {"])
@pytest.mark.parametrize("key", ["secretNam\\x65", "\\u0073ecretName"])
def test_a_name_in_a_line_that_is_no_field_is_not_taken_where_the_field_is_written_otherwise(
    reader: Reader, directive: str, key: str
) -> None:
    rest = f'{{provider: aws-secretsmanager, path: /prod/db, "{key}": db}}'
    text = f"{directive}secretName:old\n---\n{rest}"

    assert (reader.name(text), parsed(text)) == ("", "db")


@pytest.mark.parametrize("line_break", ["\r", "\x85", "\u2028", "\u2029", "\ufeff\u2028"])
def test_a_field_behind_a_line_break_of_yaml_alone_is_not_taken_for_a_comment(
    reader: Reader, line_break: str
) -> None:
    path = '"/a,\n secretName: old"'
    text = f"provider: aws-secretsmanager\npath: {path}\n#{line_break}secretName: db"

    assert (reader.name(text), parsed(text)) == ("", "db")


@given(text=forms())
def test_it_reads_the_forms_that_people_give_an_annotation(reader: Reader, text: str) -> None:
    assert reader.name(text) == parsed(text) == "db-1.x"


@given(order=st.permutations(FIELDS), name=st.from_regex(r"[a-z][-a-z0-9]*[a-z0-9]"))
def test_it_reads_every_plain_annotation(reader: Reader, order: list[str], name: str) -> None:
    values = {"provider": "aws-secretsmanager", "path": "/prod/db", "secretName": name.strip()}
    text = "".join(f"{field}: {values[field]}\n" for field in order)

    if read(text) and parsed(text):
        assert reader.name(text) == values["secretName"]
