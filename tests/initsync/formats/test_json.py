"""JSON text as the data of a Secret."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.formats.json import NotSecretData, bounded, parse


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"DB_HOST": "db.example.com", "EMPTY": ""}', {"DB_HOST": "db.example.com", "EMPTY": ""}),
        ('{"port": 5432}', {"port": "5432"}),
        ('{"a": 1.0, "b": 1e400, "c": -0}', {"a": "1.0", "b": "1e400", "c": "-0"}),
        ('{"a": 123456789012345678901234567890.10}', {"a": "123456789012345678901234567890.10"}),
        ('{"a": true, "b": false}', {"a": "true", "b": "false"}),
        ('{"a": {"b": [1, 2.50, null, "é\\u00e9\\""]}}', {"a": '{"b":[1,2.50,null,"éé\\""]}'}),
        ('{"a": []}', {"a": "[]"}),
        ('{"a": "{\\"b\\": 1}"}', {"a": '{"b": 1}'}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
    ],
)
def test_strings_stay_and_the_rest_becomes_compact_json(text: str, data: dict[str, str]) -> None:
    assert parse(text) == data
    assert all(isinstance(value, str) for value in parse(text).values())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"pl4nted', "no JSON: a string without its closing quote at line 1, column 2"),
        ("", "no JSON: it is empty"),
        ("{}", "has no key at all"),
        ('{"a": {"pl4nted": 1, "pl4nted": 2}}', "key 'a' holds an object with a key twice"),
        ('{"a": [[{"pl4nted": {}, "pl4nted": {}}]]}', "key 'a' holds an object with a key twice"),
        ('{"k":' + '{"pl4nted":' * 5000 + "1" + "}" * 5001, "nested too deep"),
        ('{"k":' + "[" * 5000 + "]" * 5000 + "}", "nested too deep"),
        ("pl4nted-password", "must be a JSON object of keys and values"),
        ('"pl4nted"', "JSON of another kind"),
        ('["pl4nted"]', "JSON of another kind"),
        ("5432", "JSON of another kind"),
        ("null", "JSON of another kind"),
        ('{"a": "pl4nted", "b": null}', "key 'b' is null"),
        ('{"a": "pl4nted", "a": "pl4nted"}', "key 'a' is there twice"),
        ('{"a": {"b": 1, "b": 2}}', "key 'a' holds an object with a key twice"),
        ('{"a": NaN}', "NaN is no JSON value"),
        ('{"a": -Infinity}', "-Infinity is no JSON value"),
        ('{"a": "pl4nted\\ud800"}', "key 'a' holds text that is not Unicode"),
        ('{"a": ["\\ud800"]}', "key 'a' holds text that is not Unicode"),
        ('{"\\ud800": "pl4nted"}', "holds text that is not Unicode"),
        ('{"a": ' + "[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_refused_is_named_without_its_value(text: str, problem: str) -> None:
    with pytest.raises(NotSecretData) as caught:
        parse(text)

    assert problem in str(caught.value)
    assert "pl4nted" not in str(caught.value)


@pytest.mark.parametrize("unit", [",", "{", "["])
def test_the_largest_secret_of_aws_is_parsed_whatever_it_consists_of(unit: str) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html"""
    value = unit * (65_536 - len('{"a":""}'))

    assert parse(bounded(f'{{"a":"{value}"}}')) == {"a": value}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": ' + "[" * 100_000, "its JSON has more than 70000 parts"),
        ('{"a": [' + '"pl4nted",' * 100_000, "its JSON has more than 70000 parts"),
        ('{"a": "' + "pl4nted" * 150_000 + '"}', "over the limit of a Secret, 1048576 bytes"),
    ],
)
def test_what_would_take_all_of_a_containers_memory_is_not_parsed(text: str, problem: str) -> None:
    with pytest.raises(NotSecretData, match=problem) as caught:
        bounded(text)

    assert "pl4nted" not in str(caught.value)


JSON = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON, min_size=1, max_size=4))
def test_every_value_can_be_read_back(data: dict[str, object]) -> None:
    found = parse(json.dumps(data))

    assert {
        key: text if isinstance(data[key], str) else json.loads(text) for key, text in found.items()
    } == data


@given(st.text())
def test_any_text_is_data_or_a_problem(text: str) -> None:
    try:
        assert isinstance(parse(text), dict)
    except NotSecretData:
        return
