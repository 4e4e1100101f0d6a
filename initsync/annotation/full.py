"""The annotation's fields, read by PyYAML, or the sentence that says what is wrong with them.

The text comes from any pod author, and the shared webhook reads it too. It is therefore read
event by event to a fixed depth: `yaml.compose` recurses in C, and 250,000 nested brackets end
the process with a segmentation fault.
"""

from collections.abc import Iterator

import yaml

from initsync.annotation.plain import EXAMPLE, FIELDS, Field
from initsync.words.errors import AnnotationError
from initsync.words.wording import shown

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING = "tag:yaml.org,2002:str"
_DIRECTIVES = 100
"""libyaml compares each %TAG with all before it: 16,000 of them take half a second."""
_RESOLVED = 512
"""Characters read to tell a number or date: a quarter megabyte of 1:1:1: takes 34 ms, 14 MB."""


def read(text: str) -> dict[str, Field]:
    """The fields by name. Raises AnnotationError."""
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


def _mapping(events: Iterator[yaml.Event]) -> dict[str, Field]:
    next(events, None)  # the document's start
    if not isinstance(next(events, None), yaml.MappingStartEvent):
        raise AnnotationError(f"must be YAML fields: {EXAMPLE}")
    fields: dict[str, Field] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if isinstance(key, yaml.ScalarEvent) and key.value not in FIELDS:
            problem = f"unknown field {shown(key.value)}{_nearest(key.value)}"
            raise AnnotationError(problem, _line(key))
        name = _scalar(key, "a field name")
        if name in fields:
            raise AnnotationError(f"field {name!r} is there twice", _line(key))
        fields[name] = Field(_scalar(value := next(events), name), _line(value))
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
