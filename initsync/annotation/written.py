"""A request as the fields of an entry again, from which `request.parse` reads the same. Pure."""

from collections.abc import Sequence

from initsync.annotation.plain import LIST
from initsync.words.model import Form, JsonObject, Key, Selection, SyncRequest


def document(requests: Sequence[SyncRequest]) -> JsonObject:
    """What the annotation's text says, as JSON: one entry by itself, several as a list."""
    entries = [_fields(request) for request in requests]
    return entries[0] if len(entries) == 1 else {LIST: entries}


def _fields(request: SyncRequest) -> JsonObject:
    """All that it says; what is so by default is left out."""
    source = {"provider": request.provider, "path": request.secret_path}
    selection, form = _selection(request.selection), _form(request.form)
    return {**source, "secretName": request.secret_name, **selection, **form}


def _selection(said: Selection) -> JsonObject:
    fields: JsonObject = dict(said.options)
    if said.version:
        fields["version"] = said.version
    if said.format != Selection().format:
        fields["format"] = said.format
    if said.keys is not None:
        fields["keys"] = [_key(key) for key in said.keys]
    if said.values:
        fields["values"] = dict(said.values)
    return fields


def _key(key: Key) -> object:
    return key.name if key.source == key.name else {key.source: key.name}


def _form(said: Form) -> JsonObject:
    fields: JsonObject = {} if said.type == Form().type else {"type": said.type}
    marks = {"labels": dict(said.labels), "annotations": dict(said.annotations)}
    return fields | {name: pairs for name, pairs in marks.items() if pairs}
