"""A rotated value reaches every replica of a fleet as its budget allows, and none goes in vain."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync import providers
from initsync.testing.controlplane import ControlPlane
from tests import programs
from tests.cluster.fleet import Fleet, Store, controllers
from tests.full import FULL, times
from tests.polling import until

REPLICAS = times("REPLICAS", 50, 8)
BUDGET = 10 if FULL else 25
"""Of maxUnavailable, in percent."""
SPEED = 1.0 if FULL else 20.0
WITHIN = 120.0
"""Seconds from a rotation to the last pod, by the sidecars' clocks."""
CYCLES = 5 if FULL else 1


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    monkeypatch.setattr(providers, "load", lambda _: lambda *_: store)
    return store


@pytest.fixture
def fleet(real_api: ControlPlane, store: Store, tmp_path: Path) -> Iterator[Fleet]:
    """Under the guard, and nowhere else are controllers: they end with the test."""
    with controllers(real_api, programs.of(programs.CONTROLLERS), tmp_path):
        fleet = Fleet(real_api, f"t-{uuid.uuid4().hex[:10]}", tmp_path, REPLICAS, BUDGET, SPEED)
        try:
            yield fleet
        finally:
            fleet.close()


def pass_cycles(store: Store, times: int) -> None:
    asked = store.asked + times * REPLICAS
    until(lambda: store.asked > asked, f"{times} cycles", 60 + 15 * times)


@pytest.mark.timeout(500)
def test_all_replicas_get_it_and_no_more_are_gone_at_once_than_the_budget_allows(
    fleet: Fleet, store: Store
) -> None:
    fleet.start(**{"on-change": "evict", "change-window": "30s", "refresh-interval": "10s"})
    store.failing = 0.3
    pass_cycles(store, CYCLES)
    assert (fleet.made, fleet.most_gone) == (REPLICAS, 0)

    store.value = "pl4nted-two"
    begun = time.monotonic()
    new = ["pl4nted-two"] * REPLICAS
    until(lambda: fleet.values() == new and fleet.ready() == REPLICAS, "all have it", 300)
    took = (time.monotonic() - begun) * SPEED

    pass_cycles(store, 1)
    print(f"{REPLICAS} replicas: {took:.0f} s, at most {fleet.most_gone} gone at once")
    assert took < WITHIN or not FULL  # the cluster's own time is as fast as it is
    assert 1 <= fleet.most_gone <= REPLICAS * BUDGET / 100
    assert fleet.made == 2 * REPLICAS
