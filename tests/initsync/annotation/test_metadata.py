"""`labels` and `annotations` of an entry: what Kubernetes takes, but for JASM's own."""

import pytest

from initsync.words.model import Form
from tests.initsync.annotation.written import entry, one, sentence

NAME = (
    "must be a name of up to 63 letters, digits, '-', '_' and '.', "
    "with a DNS-1123 subdomain and a slash before it or without"
)
OURS = (
    "must not be app.kubernetes.io/managed-by or begin with jasm.codnod.io/: those are JASM's own"
)


def test_they_are_the_secrets() -> None:
    found = one("labels:\n  team: shop\n  a.example/b: ''\nannotations:\n  note: any text, é\n")

    assert found.form == Form(
        labels=(("team", "shop"), ("a.example/b", "")), annotations=(("note", "any text, é"),)
    )


@pytest.mark.parametrize("of", ["labels", "annotations"])
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "{} must be a map of names and values"),
        ("[a]", "{} must be a map of names and values"),
        ("a", "{} must be a map of names and values"),
        ("{a b: c}", "{} is 'a b', but " + NAME),
        ("{'': c}", "{} is '', but " + NAME),
        ("{a/b/c: d}", "{} is 'a/b/c', but " + NAME),
        ("{-a: b}", "{} is '-a', but " + NAME),
        ("{jasm.codnod.io/adopt: 'true'}", "{} is 'jasm.codnod.io/adopt', but " + OURS),
        ("{jasm.codnod.io/shape: x}", "{} is 'jasm.codnod.io/shape', but " + OURS),
        (
            "{app.kubernetes.io/managed-by: Helm}",
            "{} is 'app.kubernetes.io/managed-by', but " + OURS,
        ),
        ("{a: 5}", "{}.a is '5', but must be a string and YAML reads a int: put it in quotes"),
        ("{a: true}", "{}.a is 'true', but must be a string and YAML reads a bool: put it in"),
        ("{a: [b]}", "'{}.a' must be a string, not a list or map"),
        ("{a: b, a: b}", "field 'a' is there twice"),
    ],
)
def test_every_mistake_has_its_sentence(of: str, written: str, said: str) -> None:
    found = sentence(entry(f"{of}: {written}\n"))

    assert found.startswith(f"line 4: {said.replace('{}', of)}")


@pytest.mark.parametrize("value", ["b c", "x" * 64, "-b", "é"])
def test_a_labels_value_has_its_rule(value: str) -> None:
    assert sentence(entry(f"labels: {{a: {value}}}\n")) == (
        "line 4: labels: the value of a must be up to 63 letters, digits, '-', '_' and '.', "
        "the ends letters or digits"
    )


def test_an_annotations_name_may_have_capitals_before_its_slash() -> None:
    """As the API server has it: of labels it takes none there."""
    assert one("annotations: {Example.COM/Note: x}\n").form.annotations == (
        ("Example.COM/Note", "x"),
    )
    assert sentence(entry("labels: {Example.COM/Note: x}\n")).startswith(
        "line 4: labels is 'Example.COM/Note', but must be a name"
    )
