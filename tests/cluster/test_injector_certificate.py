"""New connections while certificates change: kept-alive ones would not notice a bad pair (F12).

The API server makes a client, and so new connections, for each caBundle: registering another
bundle under load is what makes it shake hands anew.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.testing.controlplane import ControlPlane
from initsync.testing.pki import Authority, KeyPair
from initsync.testing.webhook import Webhook
from tests.cluster.injector_side import (
    annotated,
    create,
    is_injected,
    register,
)
from tests.cluster.load import Load
from tests.cluster.mounted import mount, serial, served
from tests.polling import until

MISTAKEN = 5.0  # seconds; the injector looks at its files every two


@pytest.fixture
def api(real_api: ControlPlane) -> Iterator[ControlPlane]:
    yield real_api
    real_api.unregister_webhook()


class Change:
    """An old CA with two leaves, a new one with one, and the injector serving the first."""

    def __init__(self, directory: Path) -> None:
        self.old, self.new = (_authority(directory / name) for name in ("old", "new"))
        self.first, self.second = self.old.serving("a"), self.old.serving("b")
        self.third = self.new.serving("c")
        self._certs = directory / "certs"
        self.mount(self.old, self.first)
        self.webhook = Webhook(certs=self._certs)

    def mount(self, authority: Authority, pair: KeyPair, key: Path | None = None) -> None:
        """Show it to the injector."""
        mount(self._certs, authority, pair, key)

    def await_served(self, pair: KeyPair) -> None:
        """Return when new connections get it."""
        until(lambda: served(self.webhook.url) == serial(pair))

    def reconnect(self, api: ControlPlane, *trusted: Authority) -> None:
        """A bundle that the API server has not seen yet, in force: it connects anew."""
        pem = "".join(authority.pem for authority in trusted)
        spare = f"# {time.monotonic_ns()}\n"
        register(api, self.webhook.url, spare + pem)
        api.await_webhooks()


def _authority(directory: Path) -> Authority:
    directory.mkdir()
    return Authority(directory)


@pytest.fixture
def change(tmp_path: Path) -> Iterator[Change]:
    change = Change(tmp_path)
    with change.webhook:
        yield change


def test_no_new_connection_fails_while_leaf_and_ca_change(
    api: ControlPlane, namespace: str, change: Change
) -> None:
    change.reconnect(api, change.old)
    with Load(api, namespace) as load:
        change.mount(change.old, change.second, key=change.third.key)
        reconnected = _reconnect_for(MISTAKEN, lambda: change.reconnect(api, change.old))
        assert served(change.webhook.url) == serial(change.first)
        told = [line["message"] for line in change.webhook.log() if line["level"] == "error"]

        change.mount(change.old, change.second)
        change.await_served(change.second)
        change.reconnect(api, change.old)
        change.reconnect(api, change.old, change.new)
        change.mount(change.new, change.third)
        change.await_served(change.third)
        change.reconnect(api, change.old, change.new)
        change.reconnect(api, change.new)
        _more(load)

    assert load.failures == []
    assert reconnected > 3
    assert told == ["certificate on disk not used: SSLError"], "once, not every two seconds"
    assert served(change.webhook.url) == serial(change.third)


def test_a_leaf_of_a_ca_that_was_dropped_is_refused_until_it_is_replaced(
    api: ControlPlane, namespace: str, change: Change
) -> None:
    """The order of the other test is what saves it; and one mounted in time heals by itself."""
    change.reconnect(api, change.new)

    refused = create(api, annotated(namespace))
    change.mount(change.new, change.third)
    change.await_served(change.third)

    assert refused.status == 500
    assert "certificate signed by unknown authority" in refused.body["message"]
    assert is_injected(create(api, annotated(namespace)))


def _reconnect_for(seconds: float, reconnect: Callable[[], None]) -> int:
    began, times = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        reconnect()
        times += 1
    return times


def _more(load: Load, least: int = 50) -> None:
    goal = load.injected + least
    until(lambda: load.injected >= goal or bool(load.failures))
