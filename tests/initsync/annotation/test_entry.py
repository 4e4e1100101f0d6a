"""What an entry may say beside provider, path and secretName, and each mistake's sentence."""

import pytest

from initsync.annotation.request import parse
from initsync.providers.interface import EntryField
from initsync.words.errors import AnnotationError
from initsync.words.model import FORMATS, Form, Key, Selection
from initsync.words.secrettypes import TYPES
from tests.initsync.annotation.known import Known
from tests.initsync.annotation.written import POD, entry, listed, one, sentence

ANY = EntryField(lambda _: None, "Role", "Whose.")


def test_without_any_everything_is_taken_into_an_opaque_secret() -> None:
    (request,) = parse(entry("# a comment\n"), POD, Known("vault"))

    assert request.selection == Selection("", "json", None, ())
    assert request.form == Form("Opaque", (), ())


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("AWSPREVIOUS", "AWSPREVIOUS"),
        ("'7'", "7"),
        ("7", "7"),
        ("1.10", "1.10"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("2026-11-30", "2026-11-30"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("!!str 7", "7"),
    ],
)
def test_a_version_is_its_own_letters_whatever_yaml_takes_them_for(
    written: str, version: str
) -> None:
    assert one(f"version: {written}\n").selection.version == version


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("version:", "version is '', but must have text"),
        ("version: ''", "version is '', but must have text"),
        ("version: ~", "version is '~', but must be a string and YAML reads a null: put it"),
        ("version: null", "version is 'null', but must be a string and YAML reads a null"),
        ("version: [1]", "'version' must be a string, not a list or map"),
        ("version: !!int 1", "version is '1', but must be a string: remove the tag"),
        ("format: yaml", "format is 'yaml', but must be one of: json, text, binary, dotenv"),
        ("format: JSON", "format is 'JSON', but must be one of: json, text, binary, dotenv"),
        ("format:", "format is '', but must be one of: json, text, binary, dotenv"),
        ("format: [json]", "'format' must be a string, not a list or map"),
        ("type: tls", "type is 'tls', but must be one of: Opaque, kubernetes.io/tls, "),
        ("type:", "type is '', but must be one of: Opaque, "),
        ("type: {a: b}", "'type' must be a string, not a list or map"),
    ],
)
def test_a_field_that_is_wrong_is_named_with_its_rule_and_line(fields: str, said: str) -> None:
    assert sentence(entry(fields)).startswith(f"line 4: {said}")
    place = said.replace("'", "'secrets[0].", 1) if said[0] == "'" else f"secrets[0].{said}"
    assert sentence(listed(entry(fields))).startswith(f"line 5: {place}")


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize(
    "kind",
    [
        "kubernetes.io/service-account-token",
        "bootstrap.kubernetes.io/token",
        "kubernetes.io/dockercfg",
        "helm.sh/release.v1",
        "example.com/own",
    ],
)
def test_no_other_type_is_written(kind: str) -> None:
    assert sentence(entry(f"type: {kind}\n")) == (
        f"line 4: type is '{kind}', but must be one of: Opaque, kubernetes.io/tls, "
        "kubernetes.io/dockerconfigjson, kubernetes.io/basic-auth, kubernetes.io/ssh-auth"
    )


def test_the_providers_own_rule_for_a_version_is_told_with_its_line() -> None:
    known = Known("vault", rule=lambda _, text: "must be a number" if text == "x" else None)

    with pytest.raises(AnnotationError) as caught:
        parse(entry("version: x\n"), POD, known)

    assert "line 4: version is 'x', but must be a number" in str(caught.value)


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_taken(form: str) -> None:
    found = one(f"format: {form}\nkeys: [whole]\n").selection

    assert (found.format, found.keys) == (form, (Key("whole", "whole"),))


ONE_NAME = "keys must be a list of one name, under which the whole is kept"


@pytest.mark.parametrize("form", ["text", "binary"])
@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("", ""),
        ("keys: []\n", "line 5: "),
        ("keys: [a, b]\n", "line 5: "),
        ("keys: [a: b]\n", "line 5: "),
        ("keys: [/a: b]\n", "line 5: "),
        ("values: {b: '${a}'}\n", ""),
    ],
)
def test_a_format_without_names_needs_one_name_that_is_not_renamed(
    form: str, keys: str, line: str
) -> None:
    assert sentence(entry(f"format: {form}\n{keys}")) == f"{line}{ONE_NAME} (format {form})"


def test_of_the_whole_values_may_be_made_too() -> None:
    found = one("format: text\nkeys: [key]\nvalues: {coded: '${key|base64}'}\n").selection

    assert found.values == (("coded", "${key|base64}"),)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("kubernetes.io/tls", "keys: [tls.crt, key: tls.key]"),
        ("kubernetes.io/tls", "keys: [tls.crt]\nvalues: {tls.key: '${k}'}"),
        ("kubernetes.io/tls", "values: {other: x}"),
        ("kubernetes.io/dockerconfigjson", "keys: [/auths: .dockerconfigjson]"),
        ("kubernetes.io/basic-auth", "keys: [password]"),
        ("kubernetes.io/basic-auth", "keys: [username, other]"),
        ("kubernetes.io/ssh-auth", "keys: []\nvalues: {ssh-privatekey: '${k}'}"),
        ("Opaque", "keys: [a]"),
    ],
)
def test_a_type_is_taken_where_its_keys_are_or_may_be_given(kind: str, given: str) -> None:
    assert one(f"type: {kind}\n{given}\n").form.type == kind


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("kubernetes.io/tls", "the key tls.crt and the key tls.key"),
        ("kubernetes.io/dockerconfigjson", "the key .dockerconfigjson"),
        ("kubernetes.io/basic-auth", "the key username or the key password"),
        ("kubernetes.io/ssh-auth", "the key ssh-privatekey"),
    ],
)
def test_a_type_whose_keys_none_gives_is_refused_before_anything_is_fetched(
    kind: str, missing: str
) -> None:
    assert sentence(entry(f"type: {kind}\nkeys: [a]\n")) == (
        f"type {kind} must have {missing}: name it in keys or values"
    )


def test_there_is_a_case_of_each_type() -> None:
    assert len(TYPES) == 5


def region(text: str) -> str | None:
    return None if text.startswith("eu-") else "must be in Europe"


OWN = Known("aws", "vault", own={"region": EntryField(region, "Region", "Where."), "role": ANY})


def test_a_field_that_its_provider_alone_has_is_told_by_name() -> None:
    (request,) = parse(entry("role: app\nregion: eu-west-1"), POD, OWN)

    assert request.selection.options == (("region", "eu-west-1"), ("role", "app"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("region: us-east-1", "region is 'us-east-1', but must be in Europe"),
        ("region: ''", "region is '', but must have text"),
        ("region: [a]", "'region' must be a string, not a list or map"),
        ("region: 5", "region is '5', but must be a string and YAML reads a int: put it in quotes"),
        ("regio: eu-west-1", "unknown field 'regio', did you mean 'region'?"),
    ],
)
def test_such_a_field_that_is_wrong_is_named_with_its_rule_and_line(fields: str, said: str) -> None:
    assert sentence(entry(fields), OWN).startswith(f"line 4: {said}")


def test_entries_of_other_providers_have_no_such_field() -> None:
    text = entry("role: app").replace("vault", "aws")

    assert "unknown field 'role'" in sentence(text, OWN)
