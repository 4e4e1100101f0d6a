"""The templates of an entry's `values` (D33): text with `${name|filter}` in it. Pure."""

from typing import NamedTuple

FILTERS = ("uri", "base64", "base64decode", "json")
LIMIT = 65_536
"""Characters of a template."""


class Reference(NamedTuple):
    """A `${…}` of a template."""

    name: str
    """Of the source's document, or a JSON Pointer into it."""
    filters: tuple[str, ...]


Part = str | Reference


class TemplateError(ValueError):
    """The template breaks a rule; the text is the rule, as "must …"."""


def parse(template: str) -> list[Part]:
    """Its literal texts and references, in order. Raises TemplateError.

    `$${` is a literal `${`; any other `$` is itself.
    """
    parts: list[Part] = []
    first, *others = template.split("${")
    literal = first
    for other in others:
        if literal.endswith("$"):
            literal = f"{literal[:-1]}${{{other}"
            continue
        inside, end, after = other.partition("}")
        if not end:
            raise TemplateError("must close each ${ with a } (a literal ${ is written $${)")
        parts += [literal, _reference(inside)]
        literal = after
    return [part for part in (*parts, literal) if part != ""]


def _reference(inside: str) -> Reference:
    name, *filters = (part.strip() for part in inside.split("|"))
    if not name:
        raise TemplateError("must name something in each ${}")
    for found in filters:
        if found not in FILTERS:
            raise TemplateError(f"must have no filter but {', '.join(FILTERS)}")
    return Reference(name, tuple(filters))
