"""What a person sees when it does not work, and how a pod recovers by itself."""

from collections.abc import Callable

import pytest

from initsync.testing.aws import AwsServer
from initsync.words.model import JsonObject
from tests.node.node import Node
from tests.node.team import Team, digest
from tests.node.test_node_env import ENV_FROM, reading, secret
from tests.node.waiting import until


def describe(node: Node, team: Team, name: str = "app") -> str:
    """What on-call reads."""
    return node.kubectl("describe", "pod", name, "--namespace", team.namespace)


def await_failure(team: Team, name: str = "app") -> None:
    """Return when jasm-init has ended badly."""
    until(lambda: bool(_last_failure(team, name)), "jasm-init failed")


def _last_failure(team: Team, name: str) -> int:
    for status in team.status(name).get("initContainerStatuses", []):
        for state in (status["state"], status.get("lastState", {})):
            if code := state.get("terminated", {}).get("exitCode"):
                return int(code)
    return 0


@pytest.fixture
def unbound(injected: Node, aws: AwsServer) -> Team:
    """A team that forgot the Role."""
    team = Team(injected.api, aws, role=False)
    team.put_secret()
    return team


def test_without_the_role_describe_pod_says_which_one_to_apply(
    injected: Node, unbound: Team
) -> None:
    unbound.pod("app", ENV_FROM)

    await_failure(unbound)

    said = describe(injected, unbound)
    assert f"cannot get Secret {unbound.namespace}/db" in said
    assert "deploy/manifests/app/role.yaml" in said


@pytest.mark.parametrize("volumes", [{}, secret()], ids=["env", "volume"])
def test_a_wrong_annotation_is_told_on_the_pod_by_its_line(
    injected: Node, team: Team, volumes: dict[str, object]
) -> None:
    wrong = team.annotation().replace("secretName", "secretname")
    container = reading("/creds/password") if volumes else ENV_FROM
    team.pod("app", container, {"jasm.codnod.io/secret-sync": wrong}, **volumes)

    await_failure(team)

    until(lambda: "InvalidAnnotation" in team.reasons("app"), "it is told as an Event")
    assert "line 3: unknown field 'secretname', did you mean 'secretName'?" in describe(
        injected, team
    )
    assert _last_failure(team, "app") == 3


def test_a_pod_recovers_when_its_secret_is_made_in_aws(injected: Node, early: Team) -> None:
    early.pod("app", ENV_FROM)
    await_failure(early)
    assert "create it there" in describe(injected, early)

    early.put_secret()

    early.await_phase("app", "Succeeded")
    assert early.shown("app") == [digest()]
    assert {"ExternalSecretNotFound", "SecretSynced"} <= set(early.reasons("app"))


def test_a_pod_that_is_never_restarted_waits_for_its_secret_in_the_container(
    injected: Node, early: Team
) -> None:
    early.pod("app", ENV_FROM, restartPolicy="Never")
    until(lambda: "trying again" in early.log("app", "jasm-init"), "it has been refused once")

    early.put_secret()

    early.await_phase("app", "Succeeded")
    assert early.shown("app") == [digest()]
    assert early.status("app")["initContainerStatuses"][0]["restartCount"] == 0


def test_with_a_restart_policy_of_its_own_it_is_started_again_in_a_pod_that_is_not(
    injected: Node, early: Team
) -> None:
    """What `--container-restart-policy` makes of a pod (Kubernetes 1.35)."""
    pod = early.injected("app", ENV_FROM, restartPolicy="Never")
    (init,) = pod["spec"]["initContainers"]
    init["env"] = [it for it in init["env"] if it["name"] != "JASM_RESTART_POLICY"]
    early.api.create({**pod, "spec": {**pod["spec"], "initContainers": [own_policy(init)]}})
    await_failure(early)

    early.put_secret()

    early.await_phase("app", "Succeeded")
    assert early.shown("app") == [digest()]
    assert early.status("app")["initContainerStatuses"][0]["restartCount"] > 0


def own_policy(init: JsonObject) -> JsonObject:
    return {**init, "restartPolicy": "OnFailure"}


def test_while_aws_is_down_a_pod_starts_with_the_secret_of_an_earlier_one(
    injected: Node, team: Team, outage: Callable[..., None]
) -> None:
    team.pod("before", ENV_FROM)
    team.await_phase("before", "Succeeded")
    outage()

    team.pod("app", ENV_FROM)

    team.await_phase("app", "Succeeded")
    assert team.shown("app") == [digest()]
    assert "StaleSecret" in team.reasons("app")
    assert "SecretSynced" not in team.reasons("app")


def test_while_aws_is_down_a_first_pod_says_so_and_starts_when_it_is_back(
    injected: Node, team: Team, outage: Callable[..., None]
) -> None:
    outage()
    team.pod("app", ENV_FROM)
    await_failure(team)
    assert "ProviderUnavailable" in team.reasons("app")
    assert "ServiceUnavailable" in describe(injected, team)

    outage(0)

    team.await_phase("app", "Succeeded")
    assert team.shown("app") == [digest()]
