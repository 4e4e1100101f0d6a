"""docs/identities.md: its annotations are ones, with the fields that it names."""

import pytest

from initsync import providers
from initsync.annotation.request import parse
from initsync.providers.aws import endpoints
from initsync.words.model import PodRef
from tests.docs_blocks import DOCS, blocks

EXAMPLES = blocks("identities", "yaml")
FIELDS = providers.fields("aws-secretsmanager")


@pytest.mark.parametrize("text", EXAMPLES)
def test_its_annotations_are_ones(text: str) -> None:
    (request,) = parse(text, PodRef("shop", "web-1", "0b2a"), providers)

    assert request.selection.options


def test_every_field_that_awss_providers_have_alone_has_an_example() -> None:
    assert [name for name in FIELDS if f"\n{name}: " not in "".join(EXAMPLES)] == []
    assert providers.fields("aws-parameter-store") == FIELDS


def test_the_platforms_variable_is_named() -> None:
    for page in ("identities", "reference"):
        assert f"`{endpoints.FAILOVER_VARIABLE}`" in (DOCS / f"{page}.md").read_text()
