"""The filters of `values`: each against the standard library, for any bytes."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.formats.json import NotSecretData
from initsync.sync.filters import FILTERS

TEXT = st.text(st.characters(codec="utf-8"))


@given(st.binary())
def test_base64_and_back_is_the_same(raw: bytes) -> None:
    assert FILTERS["base64decode"](FILTERS["base64"](raw)) == raw


@given(st.binary())
def test_either_alphabet_is_decoded_with_or_without_padding_on_any_lines(raw: bytes) -> None:
    plain, safe = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()

    for text in (
        plain,
        safe,
        plain.rstrip("="),
        safe.rstrip("="),
        f" {plain[:5]}\r\n{plain[5:]}\n",
    ):
        assert FILTERS["base64decode"](text) == raw


@given(TEXT)
def test_base64_of_text_is_that_of_its_utf_8(text: str) -> None:
    assert FILTERS["base64"](text) == base64.b64encode(text.encode()).decode()


@given(TEXT | st.binary())
def test_uri_is_the_standard_librarys(value: str | bytes) -> None:
    assert FILTERS["uri"](value) == quote(value, safe="")


@given(TEXT)
def test_json_of_a_text_is_read_back(text: str) -> None:
    assert json.loads(FILTERS["json"](text)) == text
    assert json.loads(FILTERS["json"](text.encode())) == text


def test_json_leaves_letters_as_they_are() -> None:
    assert FILTERS["json"]('é"\n') == '"é\\"\\n"'


@pytest.mark.parametrize("text", ["pl4nted!", "a", "pl4nt=ed", "é", "YQ==YQ=="])
def test_what_is_no_base64_is_said_without_it(text: str) -> None:
    with pytest.raises(NotSecretData) as caught:
        FILTERS["base64decode"](text)

    assert str(caught.value) == "what base64decode is to decode is no base64"


def test_bytes_that_are_no_text_cannot_become_json() -> None:
    with pytest.raises(NotSecretData, match="bytes that are no text cannot become JSON"):
        FILTERS["json"](b"\xff")
