"""The grammar of `values`: text with `${name|filter}` in it (D33)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.annotation.values import FILTERS, Reference, TemplateError, parse
from initsync.sync import filters
from tests.initsync.annotation.written import entry, one, sentence


def ref(name: str, *of: str) -> Reference:
    return Reference(name, of)


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("", []),
        ("text", ["text"]),
        ("${a}", [ref("a")]),
        ("x${a}y${b}z", ["x", ref("a"), "y", ref("b"), "z"]),
        ("${a|uri}", [ref("a", "uri")]),
        ("${ a | base64decode | uri }", [ref("a", "base64decode", "uri")]),
        (f"${{a{'|json' * 10}}}", [ref("a", *["json"] * 10)]),
        ("${/a/b~1c}", [ref("/a/b~1c")]),
        ("${a b}", [ref("a b")]),
        ("${a~b}", [ref("a~b")]),
        ("${a{b}", [ref("a{b")]),
        ("$${a}", ["${a}"]),
        ("$$${a}", ["$${a}"]),
        ("$${a}${a}$${", ["${a}", ref("a"), "${"]),
        ("$a $ {a} $$ $(x) `y` {{ z }}", ["$a $ {a} $$ $(x) `y` {{ z }}"]),
        ("${a}}", [ref("a"), "}"]),
        ("${a}$", [ref("a"), "$"]),
        ("line\n${a}\nline", ["line\n", ref("a"), "\nline"]),
    ],
)
def test_a_template_is_its_parts(template: str, parts: list[object]) -> None:
    assert parse(template) == parts


UNCLOSED = "must close each ${ with a } (a literal ${ is written $${)"
NO_FILTER = "must have no filter but uri, base64, base64decode, json"


@pytest.mark.parametrize(
    ("template", "rule"),
    [
        ("${", UNCLOSED),
        ("${a", UNCLOSED),
        ("x${a}${b", UNCLOSED),
        ("${a${b}", UNCLOSED),
        ("${a$${b}}", UNCLOSED),
        ("${}", "must name something in each ${}"),
        ("${ }", "must name something in each ${}"),
        ("${|uri}", "must name something in each ${}"),
        ("${a|}", NO_FILTER),
        ("${a|upper}", NO_FILTER),
        ("${a|uri|toString}", NO_FILTER),
        ("${a|URI}", NO_FILTER),
        ("${a || b}", NO_FILTER),
        (f"${{a{'|uri' * 11}}}", "must have at most 10 filters in each ${}"),
        ("${/a~b}", "must have ~0 for '~' and ~1 for '/' in a JSON Pointer"),
    ],
)
def test_every_mistake_is_told_with_key_and_line(template: str, rule: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(template)

    assert str(caught.value) == rule
    assert (
        sentence(entry(f"values:\n  A: x\n  URL: '{template}'\n")) == f"line 6: values.URL {rule}"
    )


@given(st.lists(st.sampled_from(["$", "{", "}", "${", "$${", "a", "|", "uri", "/", "~", " "])))
def test_any_text_is_parts_or_a_rule(signs: list[str]) -> None:
    template = "".join(signs)
    with suppress(TemplateError):
        parts = parse(template)
        literal = "".join(part for part in parts if isinstance(part, str))
        assert all(isinstance(part, Reference) or part for part in parts)
        assert literal.count("${") == template.count("$${")


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_can_be_said_literally(text: str) -> None:
    assert "".join(map(str, parse(text.replace("${", "$${")))) == text


def test_they_are_kept_by_key_in_order() -> None:
    found = one("values:\n  B: ${x}\n  A: ''\n  C.d-e_f: |\n    two\n    lines\n").selection

    assert found.values == (("B", "${x}"), ("A", ""), ("C.d-e_f", "two\nlines\n"))
    assert found.keys is None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[]", "values must be a map of keys and templates"),
        ("x", "values must be a map of keys and templates"),
        ("", "values must be a map of keys and templates"),
        ("{a/b: x}", "values: key 'a/b' must consist of letters, digits, '-', '_' and '.', and"),
        ("{'': x}", "values: key '' must consist of letters, digits, '-', '_' and '.', and"),
        ("{a: 5}", "values.a is '5', but must be a string and YAML reads a int: put it in quotes"),
        ("{a: [b]}", "'values.a' must be a string, not a list or map"),
        ("{a: x, a: y}", "field 'a' is there twice"),
    ],
)
def test_a_map_that_is_none_is_told(written: str, said: str) -> None:
    assert sentence(entry(f"values: {written}\n")).startswith(f"line 4: {said}")


def test_there_is_work_for_each_filter_and_no_other() -> None:
    assert tuple(filters.FILTERS) == FILTERS
