"""One real node for all tests of this folder; `make test-node` starts them."""

import json
import os
from collections.abc import Iterator

import pytest

from tests.node import plan
from tests.node.node import Node


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    if not (text := os.environ.get(plan.VARIABLE)):
        pytest.skip("no node: run `make test-node`")
    with Node(*plan.from_json(json.loads(text))) as started:
        yield started
