"""What the policy's CEL reads from an annotation, against the injector's parser."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync import providers
from initsync.annotation import request
from initsync.annotation.plain import FIELDS, read
from initsync.words.errors import JasmError
from initsync.words.model import PodRef, types
from tests.chart.examples import one
from tests.chart.helm import Helm


class Reader:
    """What the policy reads from an annotation: its CEL's regular expressions, run by Python's
    `re`, which knows the same syntax here."""

    def __init__(self, fields: str, names: str) -> None:
        (self._field,) = re.findall(r"findAll\(\s*r\'\'\'(.+?)\'\'\', 101\)", fields)
        (other,) = re.findall(r"text.matches\('(.+?)'\)", names)
        self._other = other.encode().decode("unicode_escape")  # as CEL reads a string

    def names(self, text: str) -> list[str]:
        """None of a text that it does not read."""
        found = [it.group() for it in re.finditer(self._field, text)]
        if len(found) > 100 or len(found) != text.count("secretName"):
            return []
        if re.search(self._other, text):
            return []
        fields = [it for it in found if not re.match("^[ \t]*#", it)]
        return [re.findall("[-.a-z0-9]+", it.partition(":")[2])[0] for it in fields]


@pytest.fixture(scope="module")
def reader(helm: Helm) -> Reader:
    variables = one(helm.objects("--set=injection.mode=policy"), "MutatingAdmissionPolicy")["spec"][
        "variables"
    ]
    said = {variable["name"]: variable["expression"] for variable in variables}
    return Reader(said["fields"], said["secretNames"])


def parsed(text: str) -> set[str]:
    """The names by the injector's parser; none where the annotation is invalid."""
    try:
        return set(types(request.parse(text, PodRef("shop", "web", ""), providers)))
    except JasmError:
        return set()


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
    [
        *("", "# secretName: old\n", "# was {secretName: old}\n", "\n"),
        *("  # path, secretName: old\n", "# it's no secretName\n"),
    ]
)


@st.composite
def fields(draw: st.DrawFn, name: str) -> list[str]:
    """Those of an entry, in one of the forms that people give it."""
    values = {"provider": "aws-secretsmanager", "path": "/prod/db", "secretName": name}
    order = draw(st.permutations(sorted(values)))
    return [draw(FIELD).format(field, values[field]) for field in order]


@st.composite
def forms(draw: st.DrawFn) -> str:
    """A valid annotation of one entry."""
    found = draw(fields("db-1.x"))
    if draw(st.booleans()):
        return in_braces(found)
    return "".join(draw(COMMENT) + f"{field}\n" for field in found)


def in_braces(found: list[str]) -> str:
    return "{" + ", ".join(field.partition(" #")[0] for field in found) + "}"


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, set[str]]:
    """A valid annotation of some, and their names."""
    names = draw(st.lists(st.sampled_from(["db", "mail-2", "a.b", "c"]), min_size=1, max_size=5))
    entries = [draw(fields(name)) for name in names]
    if draw(st.booleans()):
        flow = [in_braces(entry) for entry in entries]
        between = draw(st.sampled_from([", ", ",", ",\n  "]))
        return draw(st.sampled_from(["secrets: [{0}]", '{{"secrets": [{0}]}}'])).format(
            between.join(flow)
        ), set(names)
    indent, mark = draw(st.sampled_from(["", "  "])), draw(st.sampled_from(["- ", "-   "]))
    text = "secrets:\n"
    for entry in entries:
        if draw(st.booleans()):
            text += f"{indent}{mark}{in_braces(entry)}\n"
            continue
        starts = [mark, *([" " * len(mark)] * (len(entry) - 1))]
        lines = [f"{indent}{start}{field}\n" for start, field in zip(starts, entry, strict=True)]
        text += "".join(draw(COMMENT) + line for line in lines)
    return text, set(names)


ENTRY = "provider: aws-secretsmanager, path: /prod/db"
DECOY = st.sampled_from(
    [
        *("secretName: old", "a, secretName: old", "{secretName: old}", "secretName", "# x"),
        *(" ", "\n", "\n# ", "\n  # a", ", ", "'", "x", ": ", "{", "}", "[", "]", "\n\n"),
    ]
)


@st.composite
def hiding(draw: st.DrawFn) -> str:
    """One with a text in quotes, of which a line may look like a comment or a field."""
    text = "".join(draw(st.lists(DECOY, max_size=5)))
    quoted = draw(st.sampled_from(['"{0}"', "'{0}'"])).format(text)
    key = draw(st.sampled_from(["secretName: db", '"secretName": db', "'secretName' : \"db\""]))
    between = draw(st.sampled_from([", ", ",", ",\n", " ,\n # x\n"]))
    return (
        f"{{{ENTRY}, values: {{K: {quoted}}}{between}{key}}}"
        if draw(st.booleans())
        else (f"{{{ENTRY}, annotations: {{a: b, c: {quoted}}}{between}{key}}}")
    )


@given(text=st.lists(PIECE, max_size=14).map("".join) | forms() | hiding())
def test_no_name_is_missing_among_those_that_it_reads(reader: Reader, text: str) -> None:
    """It may read some that are none, of a text that is a value."""
    read, valid = reader.names(text), parsed(text)

    assert not (read and valid) or set(read) >= valid


@given(text=st.lists(PIECE, max_size=14).map("".join) | forms())
def test_where_the_word_is_there_once_the_name_that_it_reads_is_the_parsers(
    reader: Reader, text: str
) -> None:
    read, valid = reader.names(text), parsed(text)

    assert len(read) != 1 or not valid or set(read) == valid


@pytest.mark.parametrize("directive", ["%TAG ! x,", "# {"])
@pytest.mark.parametrize("key", ["secretNam\\x65", "\\u0073ecretName", "secret\\\nName"])
def test_a_name_in_a_line_that_is_no_field_is_not_taken_where_the_field_is_written_otherwise(
    reader: Reader, directive: str, key: str
) -> None:
    rest = f'{{{ENTRY}, "{key}": db}}'
    text = f"{directive}secretName:old\n---\n{rest}"

    assert reader.names(text) == []
    assert parsed(text) <= {"db"}


@pytest.mark.parametrize("line_break", ["\r", "\x85", "\u2028", "\u2029", "\ufeff\u2028"])
def test_a_field_behind_a_line_break_of_yaml_alone_is_not_taken_for_a_comment(
    reader: Reader, line_break: str
) -> None:
    path = '"/a,\n secretName: old"'
    text = f"provider: aws-secretsmanager\npath: {path}\n#{line_break}secretName: db"

    assert (reader.names(text), parsed(text)) == ([], {"db"})


def test_a_field_behind_the_end_of_a_text_is_not_taken_for_a_comment(reader: Reader) -> None:
    text = f'{{{ENTRY}, values: {{K: "a, secretName: old,\n # "}}, secretName: db}}'

    assert (reader.names(text), parsed(text)) == (["old", "db"], {"db"})


@pytest.mark.parametrize("escape", ["\\n", '\\"', "\\\\", "\\u0026", "\\u003c", "\\t"])
def test_an_escape_that_can_be_no_part_of_the_word_does_not_matter(
    reader: Reader, escape: str
) -> None:
    """Helm's toJson writes some."""
    text = f'{{"secretName": "db", "values": {{"K": "a{escape}b"}}, "path": "/a"}}'

    assert reader.names(text) == ["db"]


@given(text=forms())
def test_it_reads_the_forms_that_people_give_an_annotation(reader: Reader, text: str) -> None:
    assert set(reader.names(text)) == parsed(text) == {"db-1.x"}


@given(made=lists())
def test_it_reads_every_name_of_a_list(reader: Reader, made: tuple[str, set[str]]) -> None:
    text, names = made

    assert set(reader.names(text)) == names
    assert parsed(text) == names


@given(order=st.permutations(FIELDS), name=st.from_regex(r"[a-z][-a-z0-9]*[a-z0-9]"))
def test_it_reads_every_plain_annotation(reader: Reader, order: list[str], name: str) -> None:
    values = {"provider": "aws-secretsmanager", "path": "/prod/db", "secretName": name.strip()}
    text = "".join(f"{field}: {values[field]}\n" for field in order)

    if read(text) and parsed(text):
        assert reader.names(text) == [values["secretName"]]
