"""The annotation: what is accepted, and the sentence for everything that is not."""

from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from initsync.annotation.request import parse
from initsync.words import rules
from initsync.words.errors import AnnotationError, UnsupportedProvider
from initsync.words.model import PodRef, SyncRequest
from tests.initsync.annotation.known import Known

POD = PodRef("shop", "web-1", "0b2a")
PROVIDERS = Known("aws-secretsmanager", "vault")
GOOD = "provider: aws-secretsmanager\npath: /prod/codnod/config\nsecretName: app-credentials\n"


def test_the_data_models_example_is_a_request() -> None:
    (request,) = parse(GOOD, POD, PROVIDERS)

    assert request == SyncRequest(
        "aws-secretsmanager", "/prod/codnod/config", "app-credentials", POD
    )
    assert (request.namespace, request.pod_name, request.pod_uid) == ("shop", "web-1", "0b2a")


@pytest.mark.parametrize(
    "text",
    [
        "{provider: vault, path: a, secretName: b}",
        '{"provider": "vault", "path": "a", "secretName": "b"}',
        "secretName: b\n# a comment\nprovider: 'vault'\npath: \"a\"\n",
        "---\nprovider: vault\npath: a\nsecretName: b\n...\n",
        "provider: !!str vault\npath: a\nsecretName: b",
    ],
)
def test_any_yaml_that_says_the_same_is_the_same(text: str) -> None:
    assert parse(text, POD, PROVIDERS) == (SyncRequest("vault", "a", "b", POD),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no text (a Helm value that is not set?): write provider, path and secretName"),
        ("just words", "must be YAML fields"),
        ("- a\n- b", "must be YAML fields"),
        ("provider: vault\npath: a", "field 'secretName' is missing"),
        ("provider: vault\npath: ''\nsecretName: b", "line 2: path is '', but must not be empty"),
        ("provider: vault\npath: ' '\nsecretName: b", "line 2: path is ' ', but must not be empty"),
        ("provider: 5\npath: a\nsecretName: b", "line 1: provider is '5', but must be a string"),
        ("provider: vault\npath: no\nsecretName: b", "YAML reads a bool: put it in quotes"),
        ("provider: [vault]\npath: a", "'provider' must be a string, not a list or map"),
        ("provider: &p vault\npath: *p", "line 2: must have no alias (*): write it out"),
        ("provider: vault\nprovider: vault", "line 2: field 'provider' is there twice"),
        ("provider: vault\nsecretname: b", "line 2: unknown field 'secretname', did you mean"),
        ("provider: vault\nsecret_name: b", "did you mean 'secretName'?"),
        ("provider: vault\nzzz: b", "unknown field 'zzz'; known are provider, path, secretName"),
        ("path: b: c", "line 1: not valid YAML: mapping values are not allowed"),
        ("provider: vault\n\tpath: a", "line 2: not valid YAML"),
        ("provider: 'vault", "not valid YAML: found unexpected end of stream"),
        ("provider: \x00", "not valid YAML: a character that YAML does not allow"),
        ("provider: \ud800", "not valid YAML: a character that YAML does not allow"),
        (GOOD + "---\n" + GOOD, "line 4: must be one YAML document"),
        ("provider: vault\npath: a\nsecretName: App_DB", "secretName is 'App_DB', but must be a"),
        ("provider: !!python/object:os.system x", "must be a string"),
    ],
)
def test_every_mistake_has_its_own_sentence(text: str, sentence: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        parse(text, POD, PROVIDERS)

    assert str(caught.value).startswith("annotation jasm.codnod.io/secret-sync")
    assert sentence in str(caught.value)


def test_an_unsupported_provider_is_answered_with_the_supported_ones() -> None:
    with pytest.raises(UnsupportedProvider) as caught:
        parse(GOOD.replace("aws-secretsmanager", "azure"), POD, PROVIDERS)

    assert str(caught.value) == (
        "annotation jasm.codnod.io/secret-sync, line 1: provider is 'azure', "
        "but must be one of: aws-secretsmanager, vault"
    )


@pytest.mark.parametrize("bomb", ["[", "{a: ", "- ", "? ", "provider: [", "provider: - "])
def test_a_bomb_of_brackets_is_a_sentence_not_a_crash(bomb: str) -> None:
    with pytest.raises(AnnotationError):
        parse((bomb * 250_000)[: rules.ANNOTATION_LIMIT], POD, PROVIDERS)


def test_somebodys_long_value_is_shown_in_part() -> None:
    with pytest.raises(AnnotationError) as caught:
        parse(f"provider: vault\npath: a\nsecretName: {'X' * 5000}", POD, PROVIDERS)

    assert len(str(caught.value)) < 500


@given(st.text())
def test_any_text_is_a_request_or_a_sentence(text: str) -> None:
    with suppress(AnnotationError):
        assert all(it.provider in PROVIDERS.names() for it in parse(text, POD, PROVIDERS))


FIELD_VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)


@given(path=FIELD_VALUES, order=st.permutations(["provider", "path", "secretName"]))
def test_what_a_yaml_writer_writes_is_read_back(path: str, order: list[str]) -> None:
    values = {"provider": "vault", "path": path, "secretName": "b"}

    text = yaml.safe_dump({field: values[field] for field in order}, sort_keys=False)

    (request,) = parse(text, POD, PROVIDERS)
    assert request.secret_path == path


def test_the_providers_own_rule_for_a_path_is_told_with_its_line() -> None:
    def rule(provider: str, path: str) -> str | None:
        return f"must start with {provider}:"

    with pytest.raises(AnnotationError) as caught:
        parse("path: x\nprovider: vault\nsecretName: db", POD, Known("vault", rule=rule))

    assert "line 1: path is 'x', but must start with vault:" in str(caught.value)
