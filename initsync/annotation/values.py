"""The templates of an entry's `values` (D33): text with `${name|filter}` in it. Pure."""

import re
from typing import NamedTuple

FILTERS = ("uri", "base64", "base64decode", "json")
_MOST = 10
"""Filters of a reference: 60,000 of them took minutes, each going through all of the value."""
_BEGIN = re.compile(r"\$\$\{|\$\{")
_STRAY = re.compile(r"~(?![01])")


class Reference(NamedTuple):
    """A `${…}` of a template."""

    name: str
    """A key of the source's document, or a JSON Pointer into the document."""
    filters: tuple[str, ...]


Part = str | Reference


class TemplateError(ValueError):
    """The template breaks a rule; the text is the rule, as "must …"."""


def parse(template: str) -> list[Part]:
    """Its literal texts and references, in order. Raises TemplateError.

    `$${` is a literal `${`; any other `$` is itself.
    """
    parts: list[Part] = []
    literal: list[str] = []
    at = 0
    while found := _BEGIN.search(template, at):
        literal.append(template[at : found.start()])
        at = found.end()
        if found[0] == "$${":
            literal.append("${")
            continue
        end = template.find("}", at)
        if end < 0 or "${" in (inside := template[at:end]):
            raise TemplateError("must close each ${ with a } (a literal ${ is written $${)")
        parts += ["".join(literal), _reference(inside)]
        literal, at = [], end + 1
    parts.append("".join(literal) + template[at:])
    return [part for part in parts if part != ""]


def _reference(inside: str) -> Reference:
    name, *filters = (part.strip() for part in inside.split("|"))
    if not name:
        raise TemplateError("must name something in each ${}")
    if rule := pointer_problem(name):
        raise TemplateError(rule)
    if len(filters) > _MOST:
        raise TemplateError(f"must have at most {_MOST} filters in each ${{}}")
    for found in filters:
        if found not in FILTERS:
            raise TemplateError(f"must have no filter but {', '.join(FILTERS)}")
    return Reference(name, tuple(filters))


def pointer_problem(name: str) -> str | None:
    """The rule that a name breaks if it is a JSON Pointer, as "must …", or None.

    https://www.rfc-editor.org/rfc/rfc6901#section-3
    """
    if name.startswith("/") and _STRAY.search(name):
        return "must have ~0 for '~' and ~1 for '/' in a JSON Pointer"
    return None
