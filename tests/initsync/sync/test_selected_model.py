"""What `format`, `keys` and `values` make of any document is what a small model makes of it."""

import base64
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from initsync.formats.json import NotSecretData
from initsync.sync.selected import data
from initsync.words.model import Key, Selection

PLANTED = "pl4nted"
Template = Sequence[str | tuple[str, Sequence[str]]]
"""Literal texts, and names with their filters."""


def model(
    document: dict[str, Any], keys: Sequence[Key] | None, values: Sequence[tuple[str, Template]]
) -> dict[str, bytes]:
    """What an entry takes of a document, said once more."""

    def text(found: Any) -> str:
        compact = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
        return found if isinstance(found, str) else compact

    def at(name: str) -> Any:
        found: Any = document
        for token in name.split("/")[1:] if name.startswith("/") else [name]:
            plain = token.replace("~1", "/").replace("~0", "~") if name[0] == "/" else token
            found = found[int(plain)] if isinstance(found, list) else found[plain]
        return found

    def part(of: str | tuple[str, Sequence[str]]) -> bytes:
        value = of if isinstance(of, str) else text(at(of[0]))
        for name in () if isinstance(of, str) else of[1]:
            value = MODELS[name](value)
        return value.encode()

    taken = {name: text(found).encode() for name, found in document.items()}
    if keys is not None:
        taken = {key.name: text(at(key.source)).encode() for key in keys}
    return taken | {name: b"".join(map(part, of)) for name, of in values}


def encoded(value: str | bytes) -> bytes:
    """Of either kind."""
    return value.encode() if isinstance(value, str) else value


MODELS = {
    "uri": lambda value: quote(value, safe=""),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64decode": lambda value: base64.b64decode(value).decode(),
    "json": lambda value: json.dumps(value, ensure_ascii=False),
}
CHAINS = [(), ("uri",), ("base64",), ("base64", "base64decode"), ("uri", "json"), ("base64", "uri")]


def written(template: Template) -> str:
    """As an author writes it."""
    return "".join(
        part.replace("${", "$${")
        if isinstance(part, str)
        else f"${{{'|'.join([part[0], *part[1]])}}}"
        for part in template
    )


NAMES = st.text("ab~/é ", min_size=1, max_size=4).filter(lambda name: name == name.strip())
WORDS = st.text(st.characters(codec="utf-8"), max_size=8).map(lambda text: f"{PLANTED}{text}")
INNER = st.recursive(
    WORDS | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(NAMES, INNER, min_size=1, max_size=4)
LITERALS = st.text("xé:/@$ {}\n", max_size=5).map(lambda text: text.rstrip("$"))


def pointers(found: Any, at: str = "") -> list[str]:
    """All that lead somewhere in it."""
    members = (
        enumerate(found)
        if isinstance(found, list)
        else found.items()
        if isinstance(found, dict)
        else ()
    )
    below = [
        (f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}", inner)
        for name, inner in members
    ]
    return [pointer for here, inner in below for pointer in (here, *pointers(inner, here))]


@given(st.data())
def test_keys_and_values_are_those_of_the_model(drawn: st.DataObject) -> None:
    document = drawn.draw(DOCUMENTS)
    plain = [name for name in document if not name.startswith("/")]
    sources = st.sampled_from([*plain, *pointers(document)])
    chosen = drawn.draw(st.none() | st.lists(sources, max_size=4))
    keys = None if chosen is None else [Key(it, f"K{number}") for number, it in enumerate(chosen)]
    reference = st.tuples(sources, st.sampled_from(CHAINS))
    templates = drawn.draw(st.lists(st.lists(LITERALS | reference, max_size=4), max_size=3))
    values = [(f"V{number}", template) for number, template in enumerate(templates)]
    if not (keys is None or keys or values):
        return
    selection = Selection(
        keys=None if keys is None else tuple(keys),
        values=tuple((name, written(template)) for name, template in values),
    )

    found = data(selection, json.dumps(document))

    assert {name: encoded(it) for name, it in found.items()} == model(document, keys, values)


BROKEN = st.sampled_from(["nope", "/nope", "/a/nope", "/0", "b"])


@given(
    st.dictionaries(NAMES, INNER | st.none(), max_size=3),
    st.none() | st.lists(BROKEN, min_size=1, max_size=2),
    st.lists(st.tuples(BROKEN, st.sampled_from(["|base64decode", "|json", ""])), max_size=2),
    st.sampled_from(["json", "dotenv", "text"]),
    st.booleans(),
)
def test_no_sentence_has_a_value(
    document: dict[str, Any],
    sources: list[str] | None,
    templates: list[tuple[str, str]],
    form: str,
    cut: bool,
) -> None:
    keys = None if sources is None else tuple(Key(it, f"K{at}") for at, it in enumerate(sources))
    values = tuple((f"V{at}", f"${{{name}{of}}}") for at, (name, of) in enumerate(templates))
    text = json.dumps(document, ensure_ascii=False)

    try:
        data(Selection("", form, keys, values), text[:-1] if cut else text)
    except NotSecretData as error:
        told = str(error)
    else:
        return
    assert PLANTED not in told
    assert told.isprintable()
