"""Where the kubelet could be a moment late: volumes of a Secret just made, env of one just changed.

200 and 100 starts with FULL=1, else 20 and 10; STARTS chooses another number.
"""

from collections.abc import Callable
from typing import Any

import pytest

from initsync.kube import rbac
from initsync.testing.aws import AwsServer
from tests.full import times
from tests.node.node import Node
from tests.node.team import PASSWORD, Team, digest
from tests.node.test_node_env import ENV_FROM, SUB_PATH, reading, secret

AT_ONCE = 20
VOLUME_STARTS = times("STARTS", full=200, usual=20)
ENV_STARTS = VOLUME_STARTS // 2


@pytest.mark.timeout(900)
def test_no_app_ever_starts_without_the_keys_in_its_volume(team: Team) -> None:
    """Each start has a Secret of its own, which is not there before."""
    team.api.allow(team.namespace, "app", rbac.rules())
    names = [f"app-{number}" for number in range(VOLUME_STARTS)]
    for first in range(0, VOLUME_STARTS, AT_ONCE):
        wave = names[first : first + AT_ONCE]
        for name in wave:
            asks = {"jasm.codnod.io/secret-sync": team.annotation(secretName=name)}
            volume: dict[str, Any] = secret(secretName=name)
            team.pod(name, reading("/creds/password"), asks, **volume)
        for name in wave:
            team.await_phase(name, "Succeeded")

    assert [name for name in names if team.shown(name) != [digest()]] == []
    assert [
        name for name in names if team.status(name)["containerStatuses"][0]["restartCount"]
    ] == []
    assert [said for name in names for said in team.waited_for_its_secret(name)] == []


@pytest.mark.timeout(900)
def test_env_is_never_the_value_from_before_the_change(injected: Node, aws: AwsServer) -> None:
    """Beside a pod that stays, for whose sake the kubelet keeps the Secret in its cache."""
    teams = [Team(injected.api, aws) for _ in range(AT_ONCE // 2)]
    stays = {**ENV_FROM, "command": ["sleep", "infinity"]}
    for team in teams:
        team.put_secret()
        team.pod("stays", stays)
    for team in teams:
        team.await_phase("stays", "Running")

    old = []
    for number in range(ENV_STARTS // len(teams)):
        value = f"{PASSWORD}-{number}"
        for team in teams:
            team.aws.rotate(team.path, {"password": value, "user": "u"})
            team.pod(f"app-{number}", ENV_FROM)
        for team in teams:
            team.await_phase(f"app-{number}", "Succeeded")
            old += [number] if team.shown(f"app-{number}") != [digest(value)] else []

    assert old == []


def test_a_sub_path_is_a_file_although_the_sync_is_slow(
    team: Team, outage: Callable[..., None]
) -> None:
    outage(3)

    team.pod("app", reading("/creds/password") | {"volumeMounts": [SUB_PATH]}, **secret())

    team.await_phase("app", "Succeeded")
    assert team.log("app", "jasm-init").count("trying again") == 3
    assert team.shown("app") == [digest()]
