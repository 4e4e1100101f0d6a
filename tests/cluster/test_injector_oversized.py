"""Pods of 3 MiB, eight at a time, through the real API server into an injector with the chart's
limit of memory: it stays, and nobody else's pod is refused.
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import yaml

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.testing.server import Answer
from initsync.testing.webhook import Webhook
from tests.bench import cgroup
from tests.cluster.injector_side import annotated, create, is_injected, register
from tests.full import only_in_full
from tests.injector.webhook import oversized

VALUES = Path(__file__).parents[2] / "deploy/chart/jasm/values.yaml"
AT_A_TIME = 8
FOREIGN = 20
MIB = 1024 * 1024


def chart_limit() -> int:
    """Bytes that the chart gives an injector."""
    limit = yaml.safe_load(VALUES.read_text())["injector"]["resources"]["limits"]["memory"]
    return int(limit.removesuffix("Mi")) * MIB


class Limited:
    """An injector under that limit, where there are cgroups; else its peak tells."""

    def __init__(self, stack: ExitStack) -> None:
        prefix: tuple[str, ...] = ()
        with suppress(cgroup.Unavailable):
            members = stack.enter_context(cgroup.of_memory(chart_limit(), name="oversized"))
            prefix = tuple(cgroup.joining(members))
        self.webhook = stack.enter_context(Webhook(prefix=prefix))

    def peak(self) -> int:
        """Bytes that its process had at most. Fails where it has ended."""
        said = Path(f"/proc/{self.webhook.pid}/status").read_text()
        return int(said.partition("VmHWM:")[2].split()[0]) * 1024

    def slowest(self) -> float:
        """Seconds that its reviews took from the whole request to the answer, by its log."""
        return max(float(line.get("milliseconds", 0)) for line in self.webhook.log()) / 1000


@pytest.fixture
def limited(real_api: ControlPlane) -> Iterator[Limited]:
    with ExitStack() as stack:
        found = Limited(stack)
        register(real_api, found.webhook.url, found.webhook.ca_pem)
        stack.callback(real_api.unregister_webhook)
        real_api.await_webhooks()
        yield found


def new_namespace(api: ControlPlane) -> str:
    name = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(name)
    return name


def tried(api: ControlPlane, namespace: str, shape: str) -> Answer | OSError:
    """What a tenant is told who makes such a pod."""
    pod = oversized.made(manifests.pod(namespace, "large"), shape)
    try:
        return create(api, pod)
    except OSError as error:  # the API server itself takes longer than 30 s for it
        return error


# One API server decodes 3 MiB eight times over: 20 s of its CPU for a shape. Here are those that
# cost the injector most: a long list that it reads, a long text, and a patch that might be longer.
# tests/injector/webhook/test_bounds.py has each, without an API server.
USUAL = ("sources", "an_annotation", "a_name_for_each_source")
EACH = [pytest.param(it, marks=() if it in USUAL else only_in_full) for it in oversized.SHAPES]


@pytest.mark.threat("A tenant is malicious")
@pytest.mark.parametrize("shape", EACH)
def test_oversized_pods_harm_nobody_else(
    real_api: ControlPlane, limited: Limited, shape: str
) -> None:
    theirs, ours = new_namespace(real_api), new_namespace(real_api)
    went_out = threading.Event()

    def one(_: int) -> Answer | OSError:
        went_out.set()
        return tried(real_api, theirs, shape)

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        large = pool.map(one, range(AT_A_TIME))
        went_out.wait()
        seconds, foreign = [], []
        for _ in range(FOREIGN):
            begun = time.monotonic()
            foreign.append(create(real_api, annotated(ours)))
            seconds.append(time.monotonic() - begun)
        told = list(large)

    print(shape, [str(getattr(it, "status", it)) for it in told], f"foreign {max(seconds):.2f} s")
    print(json.dumps(next((it.body for it in told if isinstance(it, Answer)), ""))[-400:])
    print(f"peak {limited.peak() / MIB:.0f} MiB, slowest review {limited.slowest():.3f} s")
    assert [it.status for it in foreign] == [201] * FOREIGN
    assert all(map(is_injected, foreign))
    assert limited.peak() < chart_limit()
    assert limited.slowest() < 1
    assert not any(isinstance(it, Answer) and it.status < 400 for it in told)
