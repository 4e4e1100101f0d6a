"""The examples of docs/annotation.md: what is in AWS, the annotation, and the Secrets it makes."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.docs_blocks import DOCS

PAGE = (DOCS / "annotation.md").read_text("utf-8")
_IN_AWS = re.compile(r"^In AWS, `([^`]+)`([^\n]*):\n\n```(?:json|text)\n(.*?)^```", re.M | re.S)
_ASKED = re.compile(r"^The annotation:\n\n```yaml\n(.*?)^```", re.M | re.S)
_GIVEN = re.compile(r"^The Secret `([^`]+)`([^\n]*):\n\n```yaml\n(.*?)^```", re.M | re.S)


class Example(NamedTuple):
    """A section of the page."""

    title: str
    sources: list[tuple[str, str, str]]
    """Path, what is said of it, and its text, in the order in which they are put."""
    annotation: str
    secrets: list[tuple[str, str, str]]
    """Name, what is said of it, and its data in YAML."""


def examples() -> Iterator[Example]:
    """Of each heading of the third level."""
    for section in re.split(r"^### ", PAGE, flags=re.M)[1:]:
        (asked,) = _ASKED.findall(section)
        title = section.partition("\n")[0]
        yield Example(title, _IN_AWS.findall(section), asked, _GIVEN.findall(section))


EXAMPLES = list(examples())
