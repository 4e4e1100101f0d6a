"""Whatever the text: a request, data, or a sentence of exit code 3, never another exception."""

import json

from hypothesis import given
from hypothesis import strategies as st

from initsync.formats.json import NotSecretData, parse
from initsync.words import rules
from initsync.words.errors import JasmError
from tests.hostile import cases

GOOD = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"
SPICE = [
    *"\t\n\r -:?[]{},#&*!|>'\"%@`~<=.0\\\x00\x85\ufeff\ud800",
    "---\n",
    "!!binary ",
    "\\u",
    "<<: ",
]
ANY_TEXT = st.text(st.characters())  # surrogates too
NOISE = st.sampled_from(SPICE) | ANY_TEXT
CUTS = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 5), NOISE), min_size=1, max_size=4
)


def check_annotation(text: str) -> None:
    found = cases.answer("annotations", text)

    if isinstance(found, JasmError):
        assert found.exit_code == 3
        assert str(found).isprintable()
    else:
        assert isinstance(found, tuple)
        assert all(rules.name_problem(request.secret_name) is None for request in found)


@given(ANY_TEXT)
def test_any_text_is_a_request_or_a_sentence(text: str) -> None:
    check_annotation(text)


@given(st.lists(st.sampled_from([*SPICE, *GOOD.split(), "\n"])).map("".join))
def test_any_heap_of_yaml_is_a_request_or_a_sentence(text: str) -> None:
    check_annotation(text)


@given(CUTS)
def test_a_damaged_annotation_is_a_request_or_a_sentence(cuts: list[tuple[int, int, str]]) -> None:
    text = GOOD
    for place, length, noise in cuts:
        text = text[:place] + noise + text[place + length :]

    check_annotation(text)


KEYS = st.text(st.sampled_from("abAB01-._/ é\n\x00\ud800"), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(JSON | st.dictionaries(KEYS, JSON, max_size=4), st.booleans())
def test_any_json_is_data_that_is_text_or_a_sentence(value: object, escaped: bool) -> None:
    try:
        data = parse(json.dumps(value, ensure_ascii=escaped))
    except NotSecretData as error:
        told = str(error)
    else:
        assert isinstance(value, dict)
        assert data.keys() == value.keys()
        assert all(type(text) is str and text.encode() is not None for text in data.values())
        return
    assert told.isprintable()


@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_accepted_data_is_what_kubernetes_accepts(value: dict[str, object]) -> None:
    found = cases.answer("secrets", json.dumps(value))

    if isinstance(found, JasmError):
        assert found.exit_code == 3
        assert found.reason == "InvalidSecretData"
    else:
        assert isinstance(found, dict)
        assert all(rules.key_problem(key) is None for key in found)
        assert rules.data_problem(found) is None


TOKENS = ['"', *"{}[]:,\\1-e \x00\ud800", "null", "NaN", '"a":', '{"a":"']


@given(ANY_TEXT | st.lists(st.sampled_from(TOKENS)).map("".join))
def test_any_text_is_data_or_a_sentence(text: str) -> None:
    found = cases.answer("secrets", text)

    if isinstance(found, JasmError):
        assert found.exit_code == 3
        assert str(found).isprintable()
    else:
        assert isinstance(found, dict)
