"""A JSON that is none says why and where, and nothing of its text."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from initsync.formats import jsonfaults
from initsync.formats.json import NotSecretData, parse


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"key":"a\nb"}', "a line break inside a string (write \\n) at line 1, column 10"),
        ('{"a":1,\n"b":"c\r\n"}', "a line break inside a string (write \\n) at line 2, column 7"),
        ('{"a":"\t"}', "a tab inside a string (write \\t) at line 1, column 7"),
        ('\ufeff{"a":"b"}', "a byte order mark before it at line 1, column 1"),
        ("{'a':'b'}", "single quotes (JSON has double ones) at line 1, column 2"),
        ("{\"a\":'b'}", "single quotes (JSON has double ones) at line 1, column 6"),
        ('{"a":"b"} x', "something after the object at line 1, column 11"),
        ('{"a":"b"}\n{"c":"d"}', "something after the object at line 2, column 1"),
        ('{"a":"b",}', "a trailing comma (leave it out) at line 1, column 9"),
        ('{"a":"b",\n}', "a trailing comma (leave it out) at line 1, column 9"),
        ('{"a":[1,]}', "a trailing comma (leave it out) at line 1, column 8"),
        ('{"a":"b', "a string without its closing quote at line 1, column 6"),
        ('{"a":', "it ends too early at line 1, column 6"),
        (" \n", "it is empty at line 1, column 1"),
        ("password", "a value that JSON does not have (text needs double quotes)"),
    ],
)
def test_the_cause_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(NotSecretData) as caught:
        parse(text)

    assert f"and is no JSON: {said}" in str(caught.value)


JSON = st.dictionaries(st.text("xyz", max_size=3), st.text("xyz\n\\", max_size=5), max_size=3)
CUTS = st.tuples(st.integers(0, 60), st.integers(0, 3), st.sampled_from(list("\n\t'\",}]:x\ufeff")))


@given(JSON, CUTS)
def test_whatever_is_wrong_is_told_in_words_of_our_own(
    found: dict[str, str], cut: tuple[int, int, str]
) -> None:
    at, length, sign = cut
    whole = json.dumps(found, ensure_ascii=False)
    text = whole[:at] + sign + whole[at + length :]
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        said = jsonfaults.described(error)
    else:
        said = ""
    assume(said)

    cause, _, place = said.partition(" at line ")
    assert cause in jsonfaults.EVERY
    line, column = map(int, place.split(", column "))
    assert 1 <= line <= text.count("\n") + 1
    assert 1 <= column <= max(map(len, text.split("\n"))) + 1
