"""The annotation's text, read: requests, or the sentence that says what is wrong with it."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from initsync.annotation import plain
from initsync.annotation.plain import FIELDS, Field
from initsync.words import rules
from initsync.words.errors import AnnotationError, UnsupportedProvider
from initsync.words.model import PodRef, SyncRequest

__all__ = ["FIELDS", "OwnField", "Providers", "asked", "of_fields", "parse"]

# No YAML, for its last colon: what ECS calls a secret is often pasted so.
_COLON_LAST = re.compile(r"^([ \t]*(?:- )?path:[ \t]+)([^\s'\"]\S*:)[ \t]*$", re.M)
# That one looks at the start of each line, which of 262,000 takes 14 ms; this one finds a word.
_MAYBE = re.compile(r"path:[ \t]+[^\s'\"]\S*:[ \t]*$", re.M)


class OwnField(Protocol):
    """A field that entries of one provider have."""

    @property
    def problem(self) -> Callable[[str], str | None]:
        """The rule that a text breaks, as "must …", or None."""

    @property
    def title(self) -> str:
        """The field's name for editors, of two or three words."""

    @property
    def description(self) -> str:
        """The field's meaning for editors, in whole sentences."""


class Providers(Protocol):
    """Where secrets may come from; the package `initsync.providers` is such a one."""

    def names(self) -> Collection[str]:
        """The values of `provider` that are supported, for sentences."""

    def supports(self, name: str) -> bool:
        """Whether it is one of them."""

    def check_path(self, name: str, path: str) -> str | None:
        """The rule of the provider `name` that `path` breaks, as "must …", or None."""

    def check_version(self, name: str, version: str) -> str | None:
        """The rule that an entry's `version` breaks, as "must …", or None."""

    def fields(self, name: str) -> Mapping[str, OwnField]:
        """What entries of the provider `name` may have beside the fields of all, by name."""


def parse(text: str, pod: PodRef, providers: Providers) -> tuple[SyncRequest, ...]:
    """The requests in the annotation of `pod`, at least one.

    Raises AnnotationError (field, found value, rule, line) and UnsupportedProvider.
    """
    try:
        return _parsed(text, pod, providers)
    except AnnotationError:
        maybe = len(text) <= rules.ANNOTATION_LIMIT and _MAYBE.search(text)
        if maybe and _COLON_LAST.search(text):
            quoted = _COLON_LAST.sub(r"\1'\2'", text)
            _parsed(quoted, pod, providers)  # says more than that it is no YAML
        raise


def _parsed(text: str, pod: PodRef, providers: Providers) -> tuple[SyncRequest, ...]:
    if (fields := _plain(text)) is not None:
        return (of_fields(fields, pod, providers),)
    if (entries := plain.entries(text)) is not None:
        return tuple(_entries(entries, pod, providers))
    from initsync.annotation import secrets  # most annotations never pay for PyYAML

    return secrets.parse(text, pod, providers)


def _entries(
    entries: Sequence[Mapping[str, Field]], pod: PodRef, providers: Providers
) -> Iterator[SyncRequest]:
    for number, fields in enumerate(entries):
        request = of_fields(fields, pod, providers, f"{plain.LIST}[{number}].")
        yield request._replace(line=min(field.line for field in fields.values()))


def of_fields(
    fields: Mapping[str, Field], pod: PodRef, providers: Providers, place: str = ""
) -> SyncRequest:
    """What the three fields that every entry has ask for.

    `place` is put before a field's name, such as `secrets[1].`. Raises as `parse` does.
    """
    provider, path, name = (_required(fields, field, place) for field in FIELDS)
    if not providers.supports(provider.value):
        raise UnsupportedProvider(provider.value, providers.names(), provider.line, place)
    if rule := providers.check_path(provider.value, path.value):
        raise AnnotationError.field(f"{place}path", path.value, rule, path.line)
    if rule := rules.name_problem(name.value):
        raise AnnotationError.field(f"{place}secretName", name.value, rule, name.line)
    return SyncRequest(provider.value, path.value, name.value, pod)


def asked(text: str) -> tuple[str, ...]:
    """The Secrets that an annotation asks for, whether or not the rest of it is valid.

    In the annotation's order, each once. Raises AnnotationError where it does not say.
    """
    if (fields := _plain(text)) is not None:
        names = [fields["secretName"].value] if "secretName" in fields else []
    elif (entries := plain.entries(text)) is not None:
        names = [entry["secretName"].value for entry in entries]
    else:
        from initsync.annotation import secrets

        names = secrets.asked(text)
    if not names:
        raise AnnotationError("it names no Secret")
    return tuple(dict.fromkeys(names))


def _plain(text: str) -> dict[str, Field] | None:
    """The fields of a text that is plain; None of another. Raises AnnotationError."""
    if rule := rules.annotation_problem(text):
        raise AnnotationError(rule)
    if not text.strip():
        problem = f"has no text (a Helm value that is not set?): write {plain.EXAMPLE}"
        raise AnnotationError(problem)
    return plain.read(text)


def _required(fields: Mapping[str, Field], name: str, place: str) -> Field:
    field = fields.get(name)
    if field is None:
        raise AnnotationError(f"field {place + name!r} is missing; set {plain.EXAMPLE}")
    if not field.value.strip():
        raise AnnotationError.field(f"{place}{name}", field.value, "must not be empty", field.line)
    return field
