"""The annotation's text, read: `SyncRequest`, or the sentence that says what is wrong with it."""

import re
from collections.abc import Collection
from typing import Protocol

from initsync.annotation import plain
from initsync.annotation.plain import FIELDS, Field
from initsync.words import rules
from initsync.words.errors import AnnotationError, UnsupportedProvider
from initsync.words.model import PodRef, SyncRequest

__all__ = ["FIELDS", "Providers", "asked", "parse"]

# No YAML, for its last colon: what ECS calls a secret is often pasted so.
_COLON_LAST = re.compile(r"^([ \t]*path:[ \t]+)([^\s'\"]\S*:)[ \t]*$", re.M)


class Providers(Protocol):
    """Where secrets may come from; the package `initsync.providers` is such a one."""

    def names(self) -> Collection[str]:
        """The values of `provider` that are supported."""

    def check_path(self, name: str, path: str) -> str | None:
        """The rule of the provider `name` that `path` breaks, as "must …", or None."""


def parse(text: str, pod: PodRef, providers: Providers) -> SyncRequest:
    """The request in the annotation of `pod`.

    Raises AnnotationError (field, found value, rule, line) and UnsupportedProvider.
    """
    try:
        return _parsed(text, pod, providers)
    except AnnotationError:
        if len(text) <= rules.ANNOTATION_LIMIT and _COLON_LAST.search(text):
            quoted = _COLON_LAST.sub(r"\1'\2'", text)
            _parsed(quoted, pod, providers)  # says more than that it is no YAML
        raise


def _parsed(text: str, pod: PodRef, providers: Providers) -> SyncRequest:
    fields = _read(text)
    provider, path, name = (_required(fields, field) for field in FIELDS)
    if provider.value not in providers.names():
        raise UnsupportedProvider(provider.value, providers.names(), provider.line)
    if rule := providers.check_path(provider.value, path.value):
        raise AnnotationError.field("path", path.value, rule, path.line)
    if rule := rules.name_problem(name.value):
        raise AnnotationError.field("secretName", name.value, rule, name.line)
    return SyncRequest(provider.value, path.value, name.value, pod)


def asked(text: str) -> str:
    """The Secret that an annotation asks for, whether or not the rest of it is valid.

    Raises AnnotationError where it does not say.
    """
    fields = _read(text)
    if "secretName" not in fields:
        raise AnnotationError("it names no Secret")
    return fields["secretName"].value


def _read(text: str) -> dict[str, Field]:
    if rule := rules.annotation_problem(text):
        raise AnnotationError(rule)
    if not text.strip():
        problem = f"has no text (a Helm value that is not set?): write {plain.EXAMPLE}"
        raise AnnotationError(problem)
    fields = plain.read(text)
    if fields is None:
        from initsync.annotation import full  # most annotations never pay for PyYAML

        fields = full.read(text)
    return fields


def _required(fields: dict[str, Field], name: str) -> Field:
    field = fields.get(name)
    if field is None:
        raise AnnotationError(f"field {name!r} is missing; set {plain.EXAMPLE}")
    if not field.value.strip():
        raise AnnotationError.field(name, field.value, "must not be empty", field.line)
    return field
