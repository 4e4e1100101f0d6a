"""The annotation's text, read: `SyncRequest`, or the sentence that says what is wrong with it.

The text comes from any pod author, and the shared webhook reads it too. It is therefore read
event by event to a fixed depth: `yaml.compose` recurses in C, and 250,000 nested brackets end
the process with a segmentation fault.
"""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

import yaml

from initsync import rules
from initsync.errors import AnnotationError, UnsupportedProvider
from initsync.model import PodRef, SyncRequest
from initsync.wording import shown

FIELDS = ("provider", "path", "secretName")
_EXAMPLE = "provider, path and secretName, one a line"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING = "tag:yaml.org,2002:str"
_DIRECTIVES = 100
"""libyaml compares each %TAG with all before it: 16,000 of them take half a second."""
_RESOLVED = 512
"""Characters read to tell a number or date: a quarter megabyte of 1:1:1: takes 34 ms, 14 MB."""


class _Field(NamedTuple):
    value: str
    line: int


def parse(
    text: str,
    pod: PodRef,
    supported: Collection[str],
    check_path: Callable[[str, str], str | None] = lambda *_: None,
) -> SyncRequest:
    """The request in the annotation of `pod`.

    `check_path(provider, path)` gives the provider's rule that the path breaks.
    Raises AnnotationError (field, found value, rule, line) and UnsupportedProvider.
    """
    fields = _read(text)
    provider, path, name = (_required(fields, field) for field in FIELDS)
    if provider.value not in supported:
        raise UnsupportedProvider(provider.value, supported, provider.line)
    if rule := check_path(provider.value, path.value):
        raise AnnotationError.field("path", path.value, rule, path.line)
    if rule := rules.name_problem(name.value):
        raise AnnotationError.field("secretName", name.value, rule, name.line)
    return SyncRequest(provider.value, path.value, name.value, pod)


def _read(text: str) -> dict[str, _Field]:
    if rule := rules.annotation_problem(text):
        raise AnnotationError(rule)
    if text.count("%TAG") > _DIRECTIVES:
        raise AnnotationError(f"must not have more than {_DIRECTIVES} %TAG directives")
    try:
        return _mapping(_events(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise AnnotationError(f"not valid YAML: {error.problem}", line) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise AnnotationError("not valid YAML: a character that YAML does not allow") from error


def _events(text: str) -> Iterator[yaml.Event]:
    """The events of the only document, without the stream's and the document's own frames."""
    loader = _Loader(text)
    try:
        while (event := loader.get_event()) is not None:
            if isinstance(event, yaml.ScalarEvent) and event.tag in (None, "!"):
                event.tag = loader.resolve(yaml.ScalarNode, event.value[:_RESOLVED], event.implicit)
            if not isinstance(event, (yaml.StreamStartEvent, yaml.StreamEndEvent)):
                yield event
    finally:
        loader.dispose()


def _mapping(events: Iterator[yaml.Event]) -> dict[str, _Field]:
    next(events, None)  # the document's start
    if not isinstance(next(events, None), yaml.MappingStartEvent):
        raise AnnotationError(f"must be YAML fields: {_EXAMPLE}")
    fields: dict[str, _Field] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if isinstance(key, yaml.ScalarEvent) and key.value not in FIELDS:
            problem = f"unknown field {shown(key.value)}{_nearest(key.value)}"
            raise AnnotationError(problem, _line(key))
        name = _scalar(key, "a field name")
        if name in fields:
            raise AnnotationError(f"field {name!r} is there twice", _line(key))
        fields[name] = _Field(_scalar(value := next(events), name), _line(value))
    next(events)  # the document's end
    if extra := next(events, None):
        raise AnnotationError("must be one YAML document, there is another", _line(extra))
    return fields


def _scalar(event: yaml.Event, name: str) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise AnnotationError(
            f"{shown(name)} must be a string, not a list, map or alias", _line(event)
        )
    if event.tag != _STRING and event.value:
        raise AnnotationError.field(name, event.value, _string_rule(event), _line(event))
    return str(event.value)


def _string_rule(event: yaml.ScalarEvent) -> str:
    if not any(event.implicit):  # the tag is written out: quotes would not change it
        return f"must be a string: remove the tag {shown(str(event.tag))}"
    kind = str(event.tag).rpartition(":")[2]
    return f"must be a string and YAML reads a {kind}: put it in quotes"


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _nearest(name: str) -> str:
    import difflib  # only on this way out: 4 ms that no correct annotation pays

    lowered = {known.lower(): known for known in FIELDS}
    close = difflib.get_close_matches(name[:_RESOLVED].lower().replace("_", ""), lowered, 1)
    return f", did you mean {lowered[close[0]]!r}?" if close else f"; known are {', '.join(FIELDS)}"


def _required(fields: dict[str, _Field], name: str) -> _Field:
    field = fields.get(name)
    if field is None:
        raise AnnotationError(f"field {name!r} is missing; set {_EXAMPLE}")
    if not field.value.strip():
        raise AnnotationError.field(name, field.value, "must not be empty", field.line)
    return field
