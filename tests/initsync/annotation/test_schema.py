"""The JSON Schema and the parser hold the same of an annotation (D30), in both directions."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from initsync import providers
from initsync.annotation import entry, plain, schema
from initsync.annotation.request import parse
from initsync.annotation.values import FILTERS
from initsync.providers.interface import EntryField
from initsync.words import rules, secrettypes
from initsync.words.errors import AnnotationError
from initsync.words.model import FORMATS, PodRef
from tests.full import times
from tests.initsync.annotation.known import Known

POD = PodRef("shop", "web-1", "0b2a")
DOCUMENT = schema.document(providers)
NAMED = {"provider": "aws-secretsmanager", "path": "/prod/db", "secretName": "db"}
OWN = sorted({field for name in providers.names() for field in providers.fields(name)})
"""The fields that one provider has alone, or some."""
UNSAID = (
    *(rf"{field} is .*, but must (?!have text|be a string)" for field in OWN),
    r"path is .*, but must (?!not be empty)",
    r"version is .*, but must ",
    r" give .* twice$",
    r" both give Secret .* the key ",
    r" differs between the entries of lines ",
    r"^type .* must have the key ",
    r"must be a list of one name, under which the whole is kept",
)
"""The sentences of `schema.UNSAID`, as far as texts that `yaml.safe_dump` writes can break them."""


def ecma_pattern(_: Any, pattern: str, text: Any, __: Any) -> Iterator[ValidationError]:
    """As ECMA-262 reads it, which JSON Schema names: `$` is the end, not the last line's end."""
    if isinstance(text, str) and not re.search(pattern.replace(")$", r")\Z"), text):
        yield ValidationError(f"not {pattern}")


VALIDATOR = extend(Draft202012Validator, {"pattern": ecma_pattern})(DOCUMENT)


def refusal(document: object) -> str | None:
    """The parser's sentence about the document, written as YAML; None where it accepts."""
    try:
        parse(yaml.safe_dump(document), POD, providers)
    except AnnotationError as error:
        return error.problem
    return None


def hold_each_other(document: object) -> None:
    said = refusal(document)
    if VALIDATOR.is_valid(document):
        assert said is None or any(re.search(it, said) for it in UNSAID), (said, document)
    else:
        assert said is not None, document


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NAMES = st.sampled_from(
    [
        "A",
        "tls.crt",
        "tls.key",
        "ssh-privatekey",
        "a.b-c_D",
        "9",
        *(f"KEY_{it}" for it in range(99)),
    ]
)
ODD_NAMES = TEXTS | st.sampled_from(
    [".", "..a", ".a", "a/b", "/a/0", "/a~1", "/a~2", "~", "a\n", "", " ", "a" * 253, "a" * 254]
)
PIECES = [
    "${",
    "}",
    "$",
    "$${",
    "{",
    "|",
    "|uri",
    "| json ",
    "a",
    " ",
    "/b",
    "~1",
    "~",
    "\n",
    "${a}",
    "|x",
]
TEMPLATES = st.lists(st.sampled_from(PIECES) | TEXTS, max_size=9).map("".join)
POINTERS = st.sampled_from(["/a", "/a/0", "/a~1b/~0", "/", "//"])
LABELS = st.sampled_from(["team", "example.com/team", "A.b_c", "x" * 63])
ODD_LABELS = ODD_NAMES | st.sampled_from(
    [
        *("app.kubernetes.io/managed-by", "app.kubernetes.io/managed-by-x", "jasm.codnod.io/x"),
        *("jasm-codnod-io/x", "x" * 64, f"{'a.' * 126}a/x", f"{'a.' * 127}a/x", "a//b", "A/b"),
    ]
)
ODD_SECRETS = TEXTS | st.sampled_from(["a.b", "a..b", "-a", "a-", "A", "a" * 253, "a" * 254])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def entries(
    names: st.SearchStrategy[str],
    sources: st.SearchStrategy[str],
    templates: st.SearchStrategy[str],
    labels: st.SearchStrategy[str],
    secret_names: st.SearchStrategy[str],
) -> st.SearchStrategy[dict[str, Any]]:
    """Entries with all their fields, or some, of what is given."""
    renamed = st.tuples(sources, names).map(lambda pair: dict([pair]))
    required = {
        "provider": st.sampled_from(providers.names()),
        "path": st.sampled_from(["/prod/db", "rds!cluster-1", "a b"]) | TEXTS,
        "secretName": secret_names,
    }
    optional = {
        "version": st.sampled_from(["AWSPREVIOUS", "5"])
        | TEXTS
        | st.integers()
        | st.floats()
        | st.booleans(),
        "format": st.sampled_from([*FORMATS, "xml"]),
        "keys": st.lists(names | renamed, max_size=3),
        "values": st.dictionaries(names, templates, max_size=2),
        "type": st.sampled_from([*secrettypes.TYPES, "kubernetes.io/service-account-token"]),
        "labels": st.dictionaries(labels, labels, max_size=2),
        "annotations": st.dictionaries(labels, TEXTS, max_size=2),
    }
    assert (*required, *optional) == (*entry.REQUIRED, *entry.OPTIONAL)
    return st.fixed_dictionaries(required, optional=optional | dict.fromkeys(OWN, TEXTS))


USUAL = entries(
    NAMES, NAMES | POINTERS, st.just("${A}"), LABELS, st.sampled_from(["db", "other", "a.b"])
)
ODD = entries(ODD_NAMES, ODD_NAMES, TEMPLATES, ODD_LABELS, ODD_SECRETS)
ROOTS = USUAL | ODD | st.builds(lambda found: {"secrets": found}, st.lists(USUAL | ODD, max_size=3))


@st.composite
def changed(draw: st.DrawFn) -> object:
    """A document of which one part, however deep, is another, is gone, or has one more."""
    document = draw(ROOTS)
    part: Any = document
    while True:
        places = list(part) if isinstance(part, dict) else list(range(len(part)))
        kind = draw(st.sampled_from(["more", "gone", "other", "deeper", "deeper"]))
        if kind == "more" or not places:
            break
        place = draw(st.sampled_from(places))
        if kind == "deeper" and isinstance(part[place], dict | list):
            part = part[place]
            continue
        if kind == "gone":
            del part[place]
        else:
            part[place] = draw(ANYTHING)
        return document
    if isinstance(part, dict):
        part[draw(TEXTS | st.sampled_from(["secretname", "secrets", *entry.OPTIONAL]))] = draw(
            ANYTHING
        )
    else:
        part.append(draw(ANYTHING))
    return document


OFTEN = settings(max_examples=times("SCHEMA_TEXTS", 5000, 150), deadline=None)
pytestmark = pytest.mark.timeout(900)  # so many take a minute or two where nothing else runs


@OFTEN
@given(ROOTS)
def test_what_one_of_them_accepts_the_other_does(document: object) -> None:
    hold_each_other(document)


@OFTEN
@given(changed())
def test_so_it_is_of_documents_with_one_thing_wrong(document: object) -> None:
    hold_each_other(document)


@OFTEN
@given(TEMPLATES)
def test_so_it_is_of_templates(template: str) -> None:
    hold_each_other(NAMED | {"values": {"URL": template}})


@OFTEN
@given(ODD_LABELS | LABELS, ODD_LABELS | LABELS)
def test_so_it_is_of_labels_and_annotations(name: str, value: str) -> None:
    hold_each_other(NAMED | {"labels": {name: value}})
    hold_each_other(NAMED | {"annotations": {name: value}})


@OFTEN
@given(ODD_NAMES | POINTERS, ODD_NAMES | NAMES)
def test_so_it_is_of_keys(source: str, name: str) -> None:
    hold_each_other(NAMED | {"keys": [{source: name}]})
    hold_each_other(NAMED | {"keys": [source]})


@pytest.mark.parametrize(
    ("more", "accepted"),
    [
        ({}, True),
        ({"version": 7, "format": "dotenv", "keys": [], "values": {"A": "$${x}${b|uri}"}}, True),
        ({"format": "text", "keys": ["id"]}, True),
        ({"keys": ["A", {"/b/0": "B"}], "labels": {"a/b": ""}, "annotations": {"x": "\n"}}, True),
        ({"values": {"A": "${ a | json|uri }$$${x}$", ".dotted": "", "B": "${/a~1/b$}"}}, True),
        ({"values": {"..A": ""}}, False),
        ({"labels": {f"{'a.' * 126}a/x": "y"}}, True),
        ({"labels": {f"{'a.' * 126}aa/x": "y"}}, False),
        ({"labels": {"Example.com/x": "y"}}, False),
        ({"annotations": {"Example.com/x": "y"}}, True),
        ({"annotations": {"JASM.codnod.io/x": "y"}}, False),
        ({"values": {"A": "${/a~}"}}, False),
        ({"path": " "}, False),
        ({"version": None}, False),
        ({"keys": []}, False),
        ({"keys": ["A\n"]}, False),
        ({"format": "text"}, False),
        ({"format": "binary", "keys": ["a", "b"]}, False),
        ({"values": {"A": "${b"}}, False),
        ({"values": {"A": "${b|upper}"}}, False),
        ({"secretArn": "x"}, False),
        ({"secrets": [NAMED]}, False),
    ],
)
def test_both_accept_and_both_refuse(more: dict[str, Any], *, accepted: bool) -> None:
    document = NAMED | more

    assert (VALIDATOR.is_valid(document), refusal(document) is None) == (accepted, accepted)
    listed = {"secrets": [document]}
    assert (VALIDATOR.is_valid(listed), refusal(listed) is None) == (accepted, accepted)


@pytest.mark.parametrize(("number", "accepted"), [(0, False), (50, True), (51, False)])
def test_a_list_has_1_to_50_entries(number: int, *, accepted: bool) -> None:
    document = {"secrets": [NAMED | {"secretName": f"s{it}"} for it in range(number)]}

    assert (VALIDATOR.is_valid(document), refusal(document) is None) == (accepted, accepted)
    assert plain.MOST == 50


@pytest.mark.parametrize(
    "fields",
    [
        [{"path": "x" * 2049}],
        [{"keys": ["A"], "values": {"A": ""}}],
        [{"keys": ["A"]}, {"keys": ["A"]}],
        [{"labels": {"a": "b"}}, {"labels": {"a": "c"}}],
        [{"type": "kubernetes.io/tls", "keys": ["tls.crt"]}],
        [{"format": "text", "keys": [{"a": "b"}]}],
    ],
)
def test_what_the_descriptions_say_is_what_only_the_parser_holds(
    fields: list[dict[str, Any]],
) -> None:
    document = {"secrets": [NAMED | one for one in fields]}

    assert VALIDATOR.is_valid(document)
    said = refusal(document)
    assert said is not None
    assert any(re.search(it, said) for it in UNSAID)
    assert all(one in DOCUMENT["description"] for one in schema.UNSAID)


def test_a_field_that_one_provider_has_alone_is_no_other_ones() -> None:
    own = EntryField(lambda _: None, "Role", "Whose.")
    validator = Draft202012Validator(schema.document(Known("aws", "vault", own={"role": own})))

    accepted = {
        provider: validator.is_valid(NAMED | {"provider": provider, "role": "app"})
        for provider in ("aws", "vault")
    }

    assert accepted == {"aws": False, "vault": True}
    assert validator.is_valid(NAMED | {"provider": "aws"})
    assert not validator.is_valid(NAMED | {"provider": "vault", "role": 5})
    assert not validator.is_valid(NAMED | {"provider": "vault", "role": ""})


def parts(found: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The schema of every field, list's item and map's member."""
    if not isinstance(found, dict):
        return
    for name, inner in found.get("properties", {}).items():
        yield f"{path}/{name}", inner
        yield from parts(inner, f"{path}/{name}")
    for word in ("items", "additionalProperties"):
        if isinstance(inner := found.get(word), dict):
            yield f"{path}/{word}", inner
            yield from parts(inner, f"{path}/{word}")
    for number, inner in enumerate(found.get("anyOf", [])):
        yield f"{path}/{number}", inner


def test_every_field_has_a_title_and_a_description() -> None:
    found = [("", DOCUMENT), *DOCUMENT["$defs"].items()]
    for name, one in DOCUMENT["$defs"].items():
        found += parts(one, name)

    said = [(path, one) for path, one in found if "$ref" not in one and "anyOf" not in one]

    assert len(said) > 15
    assert [path for path, one in said if not {"title", "description"} <= one.keys()] == []
    titles = [one["title"] for _, one in said]
    assert len(set(titles)) == len(titles)


def test_it_is_a_schema_of_its_draft_and_no_pattern_looks_ahead() -> None:
    Draft202012Validator.check_schema(DOCUMENT)

    patterns = re.findall(r"'pattern': '([^']+)'", str(DOCUMENT))
    assert len(patterns) >= 7
    assert [it for it in patterns if "(?=" in it or "(?!" in it or "(?<" in it] == []


def test_the_constants_are_the_parsers() -> None:
    found = DOCUMENT["$defs"]["entry"]["properties"]

    assert tuple(found) == (*entry.REQUIRED, *entry.OPTIONAL, *OWN)
    assert found["secretName"]["maxLength"] == rules.NAME_LIMIT
    assert all(name in found["values"]["description"] for name in FILTERS)
