"""A running injector for each test that asks for one."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from injector.certs import issue
from tests.injector.running import Injector


@pytest.fixture
def injector(tmp_path: Path) -> Iterator[Injector]:
    issue.self_signed(tmp_path, ["127.0.0.1"], datetime.datetime.now(datetime.UTC), 1)
    running = Injector(tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop()
