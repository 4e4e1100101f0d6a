"""Whoever reaches the webhook's port, with the memory and the files of a container: none ends it.

Where no cgroup can be made the peak of its memory is compared with the limit afterwards.
"""

import contextlib
import datetime
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from injector.certs import issue
from tests.bench import cgroup
from tests.injector.running import DEADLINE, FILES, JSON, Injector, review
from tests.injector.server.strangers import ATTACKS, Attack, Target
from tests.places import ROOT

VALUES = yaml.safe_load((ROOT / "deploy/chart/jasm/values.yaml").read_text())
LIMIT = int(VALUES["injector"]["resources"]["limits"]["memory"].removesuffix("Mi")) << 20
CONTAINERS = "1024"
"""Files that a process may have open in many of them."""
API_SERVER = 5.0
"""Seconds that one waits for an answer."""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Injector]:
    """The injector within that memory and those files."""
    issue.self_signed(tmp_path, ["127.0.0.1"], datetime.datetime.now(datetime.UTC), 1)
    prefix = [*FILES, CONTAINERS]
    with ExitStack() as stack:
        with contextlib.suppress(cgroup.Unavailable):
            members = stack.enter_context(cgroup.of_memory(LIMIT, name="strangers"))
            prefix += cgroup.joining(members)
        started = Injector(tmp_path, prefix=prefix)
        reader = threading.Thread(target=started.log.readlines)  # a full pipe would stop it
        reader.start()
        yield started
        started.process.kill()
        started.process.wait(DEADLINE)
        reader.join()
        started.log.close()


@pytest.fixture
def many_files() -> Iterator[None]:
    """As many as this process may have: each connection is one."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def peak(running: Injector) -> int:
    """Bytes of memory that the process had at most."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


@pytest.mark.threat("Somebody reaches the webhook's port")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_no_stranger_ends_it_or_keeps_a_review_out(
    running: Injector, many_files: None, attack: Attack
) -> None:
    with ExitStack() as stack:
        attack(Target(running.port), stack)
        for _ in range(3):
            start = time.monotonic()
            assert running.ask("POST", "/mutate", review(), JSON)[0] == 200
            assert time.monotonic() - start < API_SERVER
        assert running.ask("GET", "/readyz") == (200, b"ok")

    assert running.process.poll() is None
    assert peak(running) < LIMIT
