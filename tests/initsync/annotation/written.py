"""Annotations of more than three fields, as a person writes them, and what is said of them."""

import textwrap

import pytest

from initsync.annotation.request import parse
from initsync.words.errors import AnnotationError
from initsync.words.model import PodRef, SyncRequest
from tests.initsync.annotation.known import Known

POD = PodRef("shop", "web-1", "0b2a")
PROVIDERS = Known("aws-secretsmanager", "vault")
PLACE = "annotation jasm.codnod.io/secret-sync"


def entry(fields: str = "", name: str = "db", path: str = "kv/db") -> str:
    """One entry, with further fields: its own are in lines 1 to 3."""
    return f"provider: vault\npath: {path}\nsecretName: {name}\n{fields}"


def listed(*entries: str) -> str:
    """A list of them: the first begins in line 2."""
    return "secrets:\n" + "".join(f"- {textwrap.indent(text, '  ')[2:]}" for text in entries)


def read(text: str) -> tuple[SyncRequest, ...]:
    """The requests in it."""
    return parse(text, POD, PROVIDERS)


def one(fields: str) -> SyncRequest:
    """Of one entry with further fields."""
    (request,) = read(entry(fields))
    return request


def sentence(text: str, providers: Known = PROVIDERS) -> str:
    """What is wrong with it, without the annotation's name: `line 4: …`."""
    with pytest.raises(AnnotationError) as caught:
        parse(text, POD, providers)
    said = str(caught.value)
    assert said.isprintable()
    assert said.startswith(PLACE)
    return said.removeprefix(PLACE).lstrip(",: ")
