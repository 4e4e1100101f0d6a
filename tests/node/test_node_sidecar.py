"""`jasm-init` that stays in the pod, on a real kubelet."""

import time
import urllib.request
from typing import Any

from initsync.testing.client import MERGE
from initsync.testing.manifests import path
from initsync.words import keys
from tests.full import only_in_full
from tests.node.node import Node
from tests.node.team import LABELS, SHOW_ENV, Team, digest
from tests.node.test_node_env import ENV_FROM, reading, secret
from tests.node.waiting import until

SIDECAR = {keys.MODE: "sidecar", keys.REFRESH_INTERVAL: "10s"}
# Ends at SIGTERM, as an app should.
STAYS = 'trap "exit 0" TERM; sleep infinity & wait'


def change(team: Team, name: str, annotations: dict[str, str]) -> None:
    """Of a pod that runs, as `kubectl annotate` does."""
    pod = {"apiVersion": "v1", "kind": "Pod"}
    target = path({**pod, "metadata": {"name": name, "namespace": team.namespace}})
    body = {"metadata": {"annotations": annotations}}
    assert team.api.request("PATCH", target, body, MERGE).status == 200


def test_a_job_completes_beside_it(team: Team) -> None:
    template = team.labelled(ENV_FROM, SIDECAR, restartPolicy="Never")
    team.create("Job", "batch/v1", "app", spec={"template": template, "backoffLimit": 0})

    until(lambda: team.get("Job", "batch/v1", "app")["status"].get("succeeded") == 1, "it is done")

    (pod,) = team.pods(**LABELS)
    assert team.shown(pod["metadata"]["name"]) == [digest()]


def test_a_deployment_follows_rotation_and_its_pods_end_promptly(team: Team, node: Node) -> None:
    container = {**ENV_FROM, "command": ["sh", "-c", f"{SHOW_ENV}; {STAYS}"]}
    template = team.labelled(container, SIDECAR, restartPolicy="Always")
    template["spec"]["terminationGracePeriodSeconds"] = 30
    selector = {"matchLabels": LABELS}
    spec = {"replicas": 2, "selector": selector, "template": template}
    team.create("Deployment", "apps/v1", "app", spec=spec)
    until(
        lambda: team.get("Deployment", "apps/v1", "app")["status"].get("readyReplicas") == 2,
        "both are ready",
    )
    names = [pod["metadata"]["name"] for pod in team.pods(**LABELS)]
    assert [team.shown(name) for name in names] == [[digest()]] * 2

    team.aws.rotate(team.path, {"password": "pl4nted-rotated", "user": "u"})

    until(lambda: "updated" in " ".join(messages(team, names)), "a sidecar wrote the new value")
    begun = time.monotonic()
    node.kubectl("delete", "deployment", "app", "--namespace", team.namespace)
    until(lambda: not team.pods(**LABELS), "the pods are gone", 15)
    print(f"two pods with a sidecar were gone after {time.monotonic() - begun:.1f} s")


def messages(team: Team, names: list[str]) -> list[str]:
    return [event["message"] for name in names for event in team.events(name)]


def test_it_follows_an_annotation_edited_on_the_running_pod(team: Team) -> None:
    """Long before its next turn, which is five minutes away."""
    other = f"{team.path}-other"
    team.aws.put_secret(other, {"password": "pl4nted-other"})
    container = reading("/creds/password", STAYS)
    team.pod("app", container, {keys.MODE: "sidecar"}, restartPolicy="Always", **secret())
    team.await_phase("app", "Running")
    until(lambda: team.shown("app") == [digest()], "it shows what it read", 60)

    change(team, "app", {keys.ANNOTATION: team.annotation(path=other)})

    until(lambda: any(other in said for said in messages(team, ["app"])), "it is told", 60)
    (event,) = [it for it in team.events("app") if other in it["message"]]
    assert event["reason"] == "SecretSourceChanged"


@only_in_full
def test_an_outage_is_told_once_and_ends_by_itself(team: Team, outage: Any) -> None:
    container = {**ENV_FROM, "command": ["sh", "-c", STAYS]}
    team.pod("app", container, SIDECAR, restartPolicy="Always")
    team.await_phase("app", "Running")

    outage()
    until(lambda: "StaleSecret" in team.reasons("app"), "it is told")
    calls = team.aws.calls()["GetSecretValue"]
    until(lambda: team.aws.calls()["GetSecretValue"] > calls + 6, "it was tried in a later cycle")
    outage(0)

    until(lambda: "it had failed" in " ".join(messages(team, ["app"])), "it is told to be over")
    assert team.reasons("app").count("StaleSecret") == 1
    assert team.status("app")["phase"] == "Running"
    assert team.status("app")["initContainerStatuses"][0]["restartCount"] == 0


def test_metrics_and_health_are_served_where_asked_for(team: Team) -> None:
    asked = {**SIDECAR, keys.METRICS_PORT: "9464"}
    container = {**ENV_FROM, "command": ["sh", "-c", STAYS]}
    team.pod("app", container, asked, restartPolicy="Always")
    team.await_phase("app", "Running")

    address = f"http://{team.status('app')['podIP']}:9464"
    figures = urllib.request.urlopen(f"{address}/metrics", timeout=5).read().decode()
    assert 'jasm_syncs_total{outcome="created"} 1' in figures
    assert urllib.request.urlopen(f"{address}/healthz", timeout=5).status == 200


def test_the_app_does_not_start_before_the_first_sync(early: Team) -> None:
    early.pod("app", {**ENV_FROM, "command": ["sh", "-c", SHOW_ENV]}, SIDECAR)
    until(lambda: "ExternalSecretNotFound" in early.reasons("app"), "it failed")
    assert early.status("app")["phase"] == "Pending"

    early.put_secret()

    early.await_phase("app", "Succeeded")
    assert early.shown("app") == [digest()]
