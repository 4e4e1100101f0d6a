"""From what providers gave to the data of a Secret: read, chosen, put together (D32 to D36). Pure.

A text of JSON of which every key is taken, as most are, needs nothing but its own parser.
"""

from collections.abc import Iterable, Mapping

from initsync.formats import json
from initsync.words import rules
from initsync.words.errors import InvalidSecretData
from initsync.words.model import Data, ExternalSecret, Selection, SyncRequest, Value

_PLAIN = Selection()


def of(found: Iterable[tuple[SyncRequest, ExternalSecret]]) -> Data:
    """The values of one Secret by key, of all its entries together.

    Raises InvalidSecretData; its sentences have names and sizes, never a value.
    """
    data: dict[str, Value] = {}
    givers: dict[str, SyncRequest] = {}
    for entry, external in found:
        for key, value in _read(entry, external).items():
            if key in data:
                raise _invalid(entry, f"key {key[: rules.KEY_LIMIT]!a} {_given(givers[key])}")
            data[key], givers[key] = value, entry
        if problem := rules.data_problem(data):
            raise _invalid(entry, problem)
    return data


def _given(giver: SyncRequest) -> str:
    return f"is given by {giver.source} too: choose with keys"


def _read(entry: SyncRequest, external: ExternalSecret) -> Data:
    try:
        if entry.selection == _PLAIN and not isinstance(external.content, bytes):
            return _plain(external.content)
        from initsync.sync import selected  # most annotations have three fields

        return selected.data(entry.selection, external.content)
    except json.NotSecretData as error:
        raise _invalid(entry, str(error)) from None


def _plain(content: str | Mapping[str, str]) -> Mapping[str, str]:
    if isinstance(content, str):
        return json.parse(json.bounded(content))
    if not content:
        raise json.NotSecretData("it has no key at all")
    return content


def _invalid(entry: SyncRequest, problem: str) -> InvalidSecretData:
    return InvalidSecretData(entry.provider, entry.secret_path, problem)
