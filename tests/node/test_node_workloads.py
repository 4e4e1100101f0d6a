"""What makes pods: Deployments, StatefulSets, Jobs, and people who write the container by hand.

All are created at once; each test then looks at its own.
"""

from collections.abc import Callable

import pytest
import yaml

from initsync import __version__
from initsync.testing.aws import AwsServer
from initsync.words.model import JsonObject
from tests.chart.helm import REGISTRY
from tests.node.images import BASE
from tests.node.install import ROOT
from tests.node.node import Node
from tests.node.team import LABELS, SHOW_ENV, Team, digest
from tests.node.test_node_env import ENV_FROM, reading, secret
from tests.node.waiting import until

REPLICAS = 20
STAYS = {**ENV_FROM, "command": ["sh", "-c", f"{SHOW_ENV}; exec sleep infinity"]}


def deployment(team: Team) -> None:
    template = team.labelled(STAYS, restartPolicy="Always")
    selector = {"matchLabels": LABELS}
    spec = {"replicas": REPLICAS, "selector": selector, "template": template}
    team.create("Deployment", "apps/v1", "app", spec=spec)


def stateful_set(team: Team) -> None:
    volume = reading("/creds/password", "exec sleep infinity")
    template = team.labelled(volume, restartPolicy="Always", **secret())
    spec = {"replicas": 2, "serviceName": "app", "selector": {"matchLabels": LABELS}}
    team.create("StatefulSet", "apps/v1", "app", spec={**spec, "template": template})


def job(team: Team) -> None:
    template = team.labelled(ENV_FROM, restartPolicy="Never")
    team.create("Job", "batch/v1", "app", spec={"template": template, "backoffLimit": 0})


def cron_job(team: Team) -> None:
    template = team.labelled(ENV_FROM, restartPolicy="Never")
    run = {"spec": {"template": template, "backoffLimit": 0}}
    team.create("CronJob", "batch/v1", "app", spec={"schedule": "* * * * *", "jobTemplate": run})


def by_hand(team: Team) -> None:
    """The example as it is, with what every cluster has otherwise."""
    pod: JsonObject = yaml.safe_load(
        (ROOT / "deploy/examples/2-by-hand-in-the-pod.yaml").read_text()
    )
    written = team.template()
    annotations = pod["metadata"]["annotations"]
    annotations |= written["metadata"]["annotations"]
    pod["metadata"] |= {"name": "app", "namespace": team.namespace}
    app = pod["spec"]["containers"][0]
    app |= {"image": BASE, "command": ["sh", "-c", SHOW_ENV], **ENV_FROM}
    pod["spec"] |= {"restartPolicy": "OnFailure"}
    identity = written["spec"]["containers"][0]
    init = pod["spec"]["initContainers"][0]
    init["env"] += [*identity["env"], {"name": "AWS_ENDPOINT_URL", "value": team.aws.url}]
    init["volumeMounts"] += identity["volumeMounts"]
    pod["spec"]["volumes"] += written["spec"]["volumes"]
    team.api.create(pod)


KINDS: dict[str, Callable[[Team], None]] = {
    "deployment": deployment,
    "stateful-set": stateful_set,
    "job": job,
    "cron-job": cron_job,
    "by-hand": by_hand,
}


@pytest.fixture(scope="module")
def teams(injected: Node, aws: AwsServer) -> dict[str, Team]:
    created = {name: Team(injected.api, aws) for name in KINDS}
    for name, team in created.items():
        team.put_secret()
        KINDS[name](team)
    return created


@pytest.fixture
def team(teams: dict[str, Team], request: pytest.FixtureRequest) -> Team:
    """By the name of the test."""
    return next(team for name, team in teams.items() if name.replace("-", "_") in request.node.name)


def test_a_deployment_rollout_of_twenty_pods(team: Team) -> None:
    until(
        lambda: team.get("Deployment", "apps/v1", "app")["status"].get("readyReplicas") == REPLICAS,
        "twenty are ready",
    )

    names = [pod["metadata"]["name"] for pod in team.pods(**LABELS)]
    assert len(names) == REPLICAS
    assert {digest()} == {line for name in names for line in team.shown(name)}
    said = [event["message"] for name in names for event in team.events(name)]
    assert len([line for line in said if "Secret db created" in line]) == 1
    assert len([line for line in said if "Secret db is up to date" in line]) == REPLICAS - 1


def test_a_stateful_set_with_a_volume(team: Team) -> None:
    until(
        lambda: team.get("StatefulSet", "apps/v1", "app")["status"].get("readyReplicas") == 2,
        "both are ready",
    )

    assert [team.shown(f"app-{number}") for number in range(2)] == [[digest()]] * 2


def test_a_job_completes(team: Team) -> None:
    until(lambda: team.get("Job", "batch/v1", "app")["status"].get("succeeded") == 1, "it is done")

    (pod,) = team.pods(**LABELS)
    assert team.shown(pod["metadata"]["name"]) == [digest()]


def test_a_pod_with_the_container_written_by_hand(team: Team) -> None:
    team.await_phase("app", "Succeeded")

    assert team.shown("app") == [digest()]
    (init,) = team.get("Pod", "v1", "app")["spec"]["initContainers"]
    assert init["image"] == f"{REGISTRY}/jasm/init:{__version__}"
    assert "jasm.codnod.io/injected" not in team.get("Pod", "v1", "app")["metadata"]["annotations"]


def test_a_cron_job_runs(team: Team) -> None:
    until(
        lambda: any(pod["status"]["phase"] == "Succeeded" for pod in team.pods(**LABELS)),
        "its first run is done",
    )

    pod = team.pods(**LABELS)[0]["metadata"]["name"]
    assert team.shown(pod) == [digest()]
