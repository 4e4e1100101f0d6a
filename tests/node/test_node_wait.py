"""Pods in mode `wait` on a real kubelet: their ServiceAccount has no rights, and others make the
Secret.
"""

import time
from typing import Any

import pytest

from initsync.kube import rbac
from initsync.testing.aws import AwsServer
from initsync.words import keys
from tests.full import only_in_full
from tests.node.conftest import FIGURES
from tests.node.node import Node
from tests.node.team import Team, digest
from tests.node.test_node_env import ENV_FROM, reading, secret
from tests.node.waiting import until

WAIT = {keys.MODE: keys.WAIT}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "env": (ENV_FROM, {}),
    "volume": (reading("/creds/password"), secret()),
    "never": (ENV_FROM, {"restartPolicy": "Never"}),
}


@pytest.fixture
def rightless(injected: Node, aws: AwsServer) -> Team:
    """A team whose apps may do nothing; its ServiceAccount `maker` may make the Secret."""
    team = Team(injected.api, aws, role=False)
    team.put_secret()
    team.api.create_service_account(team.namespace, "maker")
    team.api.allow(team.namespace, "maker", rbac.rules("db"))
    return team


def create(team: Team) -> None:
    for name, (container, spec) in CASES.items():
        team.pod(name, container, WAIT, irsa=False, **spec)


def restarts(team: Team, name: str) -> int:
    """Of its `jasm-wait`, the only container that JASM put there."""
    (status,) = team.status(name)["initContainerStatuses"]
    assert status["name"] == keys.WAITER
    return int(status["restartCount"])


def test_where_the_secret_is_there_pods_start_at_once(rightless: Team) -> None:
    rightless.pod("maker", ENV_FROM, serviceAccountName="maker")
    rightless.await_phase("maker", "Succeeded")

    create(rightless)

    for name in CASES:
        rightless.await_phase(name, "Succeeded")
        assert rightless.shown(name) == [digest()]
        assert restarts(rightless, name) == 0


@only_in_full
@pytest.mark.timeout(240)  # of a pod that is never restarted the kubelet looks each 60 to 90 s
def test_one_that_is_not_there_is_told_in_seconds_and_waited_for(
    injected: Node, rightless: Team
) -> None:
    begun = time.monotonic()
    create(rightless)

    for name in ("env", "volume"):
        await_sentence(injected, rightless, name)
    told = time.monotonic() - begun
    until(lambda: sentence(rightless.namespace) in rightless.log("never", keys.WAITER), "never")
    rightless.pod("maker", ENV_FROM, serviceAccountName="maker")
    rightless.await_phase("maker", "Succeeded")
    made = time.monotonic()

    for name in CASES:
        rightless.await_phase(name, "Succeeded")
        assert rightless.shown(name) == [digest()]
        took = time.monotonic() - made
        FIGURES.append(f"mode wait, {name}: told after {told:.0f} s, started {took:.0f} s after")
    assert restarts(rightless, "never") == 0


def sentence(namespace: str) -> str:
    return f"Secret {namespace}/db (from aws-secretsmanager /{namespace}/db) is not there"


def describe(node: Node, team: Team, name: str) -> str:
    return node.kubectl("describe", "pod", name, "--namespace", team.namespace)


def await_sentence(node: Node, team: Team, name: str) -> None:
    until(lambda: sentence(team.namespace) in describe(node, team, name), f"{name} is told")
