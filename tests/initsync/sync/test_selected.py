"""What `format`, `keys` and `values` make of a document, and what is refused of it."""

import base64
import json
from typing import Any

import pytest

from initsync.formats.json import NotSecretData
from initsync.sync.selected import data
from initsync.words.model import Key, Selection
from initsync.words.rules import DATA_LIMIT

PLANTED = "pl4nted"
DOCUMENT = '{"user": "o\'neil", "password": "p@ss:/ é", "port": 5432, "deep": {"list": [1, "two"]}}'


@pytest.mark.parametrize(
    ("template", "value"),
    [
        (
            "postgres://${user|uri}:${password|uri}@db/x",
            "postgres://o%27neil:p%40ss%3A%2F%20%C3%A9@db/x",
        ),
        ("${port}", "5432"),
        ("${port|json}", "5432"),
        ("${deep}", '{"list":[1,"two"]}'),
        ("${deep|json}", '{"list":[1,"two"]}'),
        ("${deep|base64}", "eyJsaXN0IjpbMSwidHdvIl19"),
        ("${deep|base64|json}", '"eyJsaXN0IjpbMSwidHdvIl19"'),
        ("${/deep/list/1}", "two"),
        ('{"auth": ${password|json}}', '{"auth": "p@ss:/ é"}'),
        ("$${user} costs $5", "${user} costs $5"),
        ("", ""),
    ],
)
def test_values_are_composed(template: str, value: str) -> None:
    assert data(Selection(keys=(), values=(("V", template),)), DOCUMENT) == {"V": value}


def test_values_may_be_bytes() -> None:
    text = json.dumps({"store": base64.b64encode(b"\xfe\xed\xfe\xed").decode()})
    templates = (("jks", "${store|base64decode}"), ("more", "é${store|base64decode}"))

    found = data(Selection(keys=(), values=templates), text)

    assert found == {"jks": b"\xfe\xed\xfe\xed", "more": b"\xc3\xa9\xfe\xed\xfe\xed"}


@pytest.mark.parametrize(
    ("form", "content", "value"),
    [
        ("text", "any\ntext", "any\ntext"),
        ("text", "é".encode(), "é"),
        ("text", "", ""),
        ("binary", b"\x00\xff", b"\x00\xff"),
        ("binary", "é", b"\xc3\xa9"),
    ],
)
def test_the_whole_is_one_value(form: str, content: str | bytes, value: str | bytes) -> None:
    assert data(Selection(format=form, keys=(Key("k", "k"),)), content) == {"k": value}


@pytest.mark.parametrize("content", [b'{"a": "b"}', '{"a": "b"}', {"a": "b"}])
def test_json_may_come_as_text_bytes_or_keys_and_values(content: Any) -> None:
    assert data(Selection(keys=(Key("a", "A"),)), content) == {"A": "b"}


def test_dotenv_has_names_as_json_has() -> None:
    selection = Selection(format="dotenv", keys=(Key("A", "a"),), values=(("both", "${A}/${B}"),))

    assert data(selection, "A=1\nB='2'\n") == {"a": "1", "both": "1/2"}


MANY = json.dumps({f"name-{number:02}": PLANTED for number in range(30)})
LISTED = ", ".join(f"'name-{number:02}'" for number in range(20))


@pytest.mark.parametrize(
    ("selection", "content", "said"),
    [
        (
            Selection(keys=(Key("pass", "pass"),)),
            DOCUMENT,
            "it has no 'pass'; there are 'deep', 'password', 'port', 'user'",
        ),
        (
            Selection(values=(("V", "${/deep/list/2}"),)),
            DOCUMENT,
            "it has no '/deep/list/2'; there at '/deep/list' are '0 to 1'",
        ),
        (
            Selection(values=(("V", "${/port/x}"),)),
            DOCUMENT,
            "it has no '/port/x'; there at '/port' is no name at all",
        ),
        (Selection(keys=(Key("x", "x"),)), MANY, f"it has no 'x'; there are {LISTED} and 10 more"),
        (
            Selection(values=(("user", "x"),)),
            DOCUMENT,
            "key 'user' is there already: choose with keys",
        ),
        (Selection(keys=(Key("a", "a"),)), '{"a": null}', "key 'a' is null: give it a value, or"),
        (Selection(values=(("V", "${a}"),)), '{"b": 1, "a": null}', "key 'a' is null: give it a"),
        (
            Selection(values=(("V", "${user|base64decode}"),)),
            DOCUMENT,
            "what base64decode is to decode is no base64",
        ),
        (Selection(), b"\xff", "it is no text in UTF-8: say format: binary"),
        (
            Selection(format="text", keys=(Key("a", "a"),)),
            b"\xff",
            "it is no text in UTF-8: say format: binary",
        ),
        (
            Selection(format="text", keys=(Key("a", "a"),)),
            {"a": PLANTED},
            "format is text, but this provider gives keys and values: leave the format out",
        ),
        (Selection(format="dotenv"), DOCUMENT, "line 1 is no NAME=value"),
        (Selection(version="2"), "{}", "it must be a JSON object of keys and values, such as"),
    ],
)
def test_what_is_refused_names_what_there_is(selection: Selection, content: Any, said: str) -> None:
    with pytest.raises(NotSecretData) as caught:
        data(selection, content)

    assert str(caught.value).startswith(said)
    assert PLANTED not in str(caught.value)


@pytest.mark.threat("An annotation is malicious")
@pytest.mark.parametrize(
    "selection",
    [
        Selection(values=(("V", f"${{quotes{'|json' * 10}}}"),)),
        Selection(values=(("V", f"${{long{'|base64' * 10}}}"),)),
        Selection(values=(("V", "${long}" * 5000),)),
        Selection(keys=(), values=tuple((f"V{number}", "${long}") for number in range(2000))),
        Selection(keys=tuple(Key("deep", f"K{number}") for number in range(2000))),
    ],
    ids=["json", "base64", "one value", "many values", "many keys"],
)
def test_what_grows_without_end_ends_at_a_secrets_limit(selection: Selection) -> None:
    long = "x" * 60_000
    text = json.dumps({"quotes": '"' * 2000, "long": long, "deep": {"long": long}})

    with pytest.raises(NotSecretData) as caught:
        data(selection, text)

    said = f"its values are more than {DATA_LIMIT} bytes, the limit of a Secret"
    assert str(caught.value) == said
