"""The hostile texts: files of named cases, and the product's own answer to each.

A text is a string, or a list of parts: strings, `{repeat, times}`, and `{number, times}`, which
repeats with a number from 0 in place of `{}`. The other keys of a case say what is expected.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import yaml

from initsync import providers
from initsync.annotation import request
from initsync.formats.json import NotSecretData, parse
from initsync.sync import data as sync_data
from initsync.words import rules
from initsync.words.errors import InvalidSecretData, JasmError
from initsync.words.model import ExternalSecret, PodRef, SyncRequest
from tests.places import ROOT

HERE = ROOT / "tests" / "hostile"
PLANTED = "pl4nted"
POD = PodRef("shop", "web-1", "0b2a")
PROVIDER = "aws-secretsmanager"


class Case(NamedTuple):
    """One hostile text and what is expected of it."""

    theme: str
    name: str
    parts: Any
    expected: dict[str, Any]

    @property
    def text(self) -> str:
        """Expanded anew, as some are megabytes."""
        return self.parts if isinstance(self.parts, str) else "".join(map(_expanded, self.parts))


def load(kind: str) -> list[Case]:
    """The cases of a directory; read without libyaml, which knows no lone surrogates."""
    return [
        Case(file.stem, case.pop("name"), case.pop("text"), case)
        for file in sorted((HERE / kind).glob("*.yaml"))
        for case in yaml.load(file.read_text(), yaml.loader.SafeLoader)
    ]


def _expanded(part: str | dict[str, Any]) -> str:
    if isinstance(part, str):
        return part
    if "repeat" in part:
        return str(part["repeat"] * part["times"])
    return "".join(part["number"].replace("{}", str(number)) for number in range(part["times"]))


def asked(text: str) -> tuple[SyncRequest, ...]:
    """The annotation as a sync reads it."""
    return request.parse(text, POD, providers)


def data(text: str) -> dict[str, str]:
    """The secret as a sync reads it."""
    try:
        found = parse(text)
    except NotSecretData as error:
        raise InvalidSecretData(PROVIDER, "/prod/db", str(error)) from None
    if problem := rules.data_problem(found):
        raise InvalidSecretData(PROVIDER, "/prod/db", problem)
    return found


def selected(text: str) -> dict[str, str | bytes]:
    """What a sync makes of a secret by an entry's further fields, which come before a NUL."""
    fields, _, content = text.partition("\x00")
    whole = f"provider: {PROVIDER}\npath: /prod/db\nsecretName: db\n{fields}"
    (entry,) = asked(whole)
    return dict(sync_data.of([(entry, ExternalSecret(content, entry.secret_path, PROVIDER))]))


Answer = tuple[SyncRequest, ...] | Mapping[str, str | bytes] | JasmError
_READ: Mapping[str, Callable[[str], Answer]] = {
    "annotations": asked,
    "lists": asked,
    "secrets": data,
    "selections": selected,
}


def answer(kind: str, text: str) -> Answer:
    """What the product says; any other exception is a defect, and goes up."""
    try:
        return _READ[kind](text)
    except JasmError as error:
        return error
