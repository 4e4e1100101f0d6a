"""No admission is lost while the injector is replaced, or its certificate (F12, F13)."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from initsync.testing.controlplane import ControlPlane
from initsync.testing.pki import Authority
from initsync.testing.webhook import Webhook
from tests.cluster.injector_side import (
    annotated,
    create,
    is_injected,
    register,
)
from tests.cluster.load import LEAST, Balancer, Load
from tests.cluster.mounted import mount, serial, served
from tests.polling import until


@pytest.fixture
def api(real_api: ControlPlane) -> Iterator[ControlPlane]:
    yield real_api
    real_api.unregister_webhook()


def more(load: Load, least: int = LEAST) -> None:
    """Wait until so many more pods were created."""
    goal = load.injected + least
    until(lambda: load.injected >= goal or bool(load.failures))


def test_a_rolling_restart_loses_no_admission(
    api: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    mount(tmp_path / "certs", authority, authority.serving("leaf"))
    with ExitStack() as stack:
        balancer = stack.enter_context(Balancer())
        running = [stack.enter_context(Webhook(certs=tmp_path / "certs")) for _ in range(2)]
        for webhook in running:
            balancer.add(webhook.url)
        register(api, balancer.url, authority.pem)
        until(lambda: is_injected(create(api, annotated(namespace))))

        with Load(api, namespace) as load:
            for _ in range(4):
                more(load)
                fresh = stack.enter_context(Webhook(certs=tmp_path / "certs"))
                balancer.add(fresh.url)
                running.append(fresh)
                old = running.pop(0)
                balancer.remove(old.url)
                old.terminate()
            more(load)

    assert load.failures == []
    assert load.injected > 5 * LEAST


def test_one_replica_ended_before_it_is_out_of_rotation_loses_no_admission(
    api: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    """Endpoints learn late; until they have, the one that drains goes on answering."""
    authority = Authority(tmp_path)
    mount(tmp_path / "certs", authority, authority.serving("leaf"))
    with ExitStack() as stack:
        balancer = stack.enter_context(Balancer())
        first, second = (stack.enter_context(Webhook(certs=tmp_path / "certs")) for _ in "12")
        for webhook in (first, second):
            balancer.add(webhook.url)
        register(api, balancer.url, authority.pem)
        until(lambda: is_injected(create(api, annotated(namespace))))

        with Load(api, namespace) as load:
            more(load)
            ending = threading.Thread(target=first.terminate)
            ending.start()
            more(load)
            balancer.remove(first.url)
            ending.join()
            more(load)

    assert load.failures == []


def test_certificate_and_ca_change_without_a_failed_admission(
    api: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    old, new = Authority(tmp_path / "1"), Authority(tmp_path / "2")
    first, second, third = old.serving("a"), old.serving("b"), new.serving("c")
    certs = tmp_path / "certs"
    mount(certs, old, first)
    with Webhook(certs=certs) as webhook:
        register(api, webhook.url, old.pem)
        until(lambda: is_injected(create(api, annotated(namespace))))

        with Load(api, namespace) as load:
            mount(certs, old, second, key=third.key)  # somebody's mistake
            mistaken = time.monotonic()
            until(lambda: time.monotonic() - mistaken >= 5)
            assert served(webhook.url) == serial(first)
            mount(certs, old, second)
            until(lambda: served(webhook.url) == serial(second))
            register(api, webhook.url, old.pem + new.pem)
            api.await_webhooks()
            mount(certs, new, third)
            until(lambda: served(webhook.url) == serial(third))
            more(load)
            register(api, webhook.url, new.pem)
            api.await_webhooks()
            more(load)

    assert load.failures == []
