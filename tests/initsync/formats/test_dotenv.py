"""Text of NAME=value lines: python-dotenv's own cases, and what is refused instead of guessed.

https://github.com/theskumar/python-dotenv/blob/v1.1.1/tests/test_parser.py
"""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.formats.dotenv import parse
from initsync.formats.json import NotSecretData


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a=b", {"a": "b"}),
        ("'a'=b", {"a": "b"}),
        (" a = b ", {"a": "b"}),
        ("export a=b", {"a": "b"}),
        (" export 'a'=b", {"a": "b"}),
        ("export=1", {"export": "1"}),
        ("# a=b\nc=d", {"c": "d"}),
        ("a=b#c", {"a": "b#c"}),
        ("a=b #c", {"a": "b"}),
        ("a=b\t #c # d", {"a": "b"}),
        ("a=#c", {"a": "#c"}),
        ("a=b ", {"a": "b"}),
        ("a=b c", {"a": "b c"}),
        ("a='b c '", {"a": "b c "}),
        ('a="b c "', {"a": "b c "}),
        ("a='b'#c", {"a": "b"}),
        ("a='b' # c", {"a": "b"}),
        ("a='b\\nc'", {"a": "b\\nc"}),
        ('a="b\\nc"', {"a": "b\nc"}),
        ("a='b\nc'", {"a": "b\nc"}),
        ('a="b\nc=d"', {"a": "b\nc=d"}),
        ('a="b\\"c"', {"a": 'b"c'}),
        ("a='b\\'c'", {"a": "b'c"}),
        ('a="b\\\\n"', {"a": "b\\n"}),
        ('a="\\x \\t"', {"a": "\\x \t"}),
        ("a=à", {"a": "à"}),
        ('a="à"', {"a": "à"}),
        ("a=", {"a": ""}),
        ("a=''", {"a": ""}),
        ("a=\nb=c", {"a": "", "b": "c"}),
        ("\n\na=b\n\n", {"a": "b"}),
        ("a=b\r\nc=d\re=f", {"a": "b", "c": "d", "e": "f"}),
        ("\ufeffa=b", {"a": "b"}),
        ("a=${b}", {"a": "${b}"}),
        ("a=b=c", {"a": "b=c"}),
        ("a.b-c_D9=x", {"a.b-c_D9": "x"}),
    ],
)
def test_lines_are_names_and_values(text: str, data: dict[str, str]) -> None:
    assert parse(text) == data


LETTERS = "that is not of letters, digits, '-', '_' and '.'"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no line NAME=value at all"),
        (" \n# only\n", "it has no line NAME=value at all"),
        ("a=b\npl4nted", "line 2 has a name without a value"),
        ("a=b\n=pl4nted", "line 2 is no NAME=value"),
        ("a='pl4nted", "line 1 is no NAME=value"),
        ('a="pl4nted', "line 1 is no NAME=value"),
        ('a= "pl4nted\nb=c', "line 1 is no NAME=value"),
        ("a='pl4nted' more", "line 1 is no NAME=value"),
        ('a="x"y', "line 1 is no NAME=value"),
        ("a b=pl4nted", "line 1 is no NAME=value"),
        ("a=1\nb=2\na=pl4nted", "key 'a' is there twice, again in line 3"),
        ("a=-----BEGIN KEY-----\nMIIpl4nted/+w==\n", f"line 2 has a name {LETTERS}"),
        ("ü=pl4nted", f"line 1 has a name {LETTERS}"),
        ("'a b'=pl4nted", f"line 1 has a name {LETTERS}"),
        ('{"a": "pl4nted"}', "line 1 is no NAME=value"),
    ],
)
def test_what_is_refused_is_named_by_its_line_and_not_shown(text: str, problem: str) -> None:
    with pytest.raises(NotSecretData) as caught:
        parse(text)

    assert str(caught.value) == problem


NAMES = st.from_regex(r"[-._a-zA-Z0-9]{1,8}", fullmatch=True)


@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8")), min_size=1))
def test_what_is_quoted_is_read_back(data: dict[str, str]) -> None:
    escaped = {
        name: text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r")
        for name, text in data.items()
    }

    assert parse("\n".join(f'{name}="{text}"' for name, text in escaped.items())) == data


@given(st.lists(st.sampled_from(["a", "=", "'", '"', "\\", "\n", " ", "#", "export ", "b"])))
def test_any_text_is_data_or_a_problem(signs: list[str]) -> None:
    try:
        assert parse("".join(signs))
    except NotSecretData as error:
        told = str(error)
    else:
        return
    assert told.isprintable()


@pytest.mark.threat("A cloud role is compromised")
@pytest.mark.parametrize("unit", [" ", "\t#", "\\'", '\\"', "'", "= ", "#", "\n ", "export "])
@pytest.mark.parametrize("start", ["a=", "a='", 'a="', "a=x ", ""])
def test_no_text_of_awss_size_takes_long(unit: str, start: str) -> None:
    text = (start + unit * 65_536)[:65_536]

    began = time.process_time()
    try:
        parse(text)
    except NotSecretData:
        pass
    finally:
        spent = time.process_time() - began

    assert spent < 1
