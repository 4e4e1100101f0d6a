"""A new value reaches an app that runs, by `on-change`, on a real kubelet."""

from initsync.kube import rbac
from initsync.words import keys
from initsync.words.rules import user_name
from tests.full import only_in_full
from tests.node.team import LABELS, SHOW_ENV, Team, digest
from tests.node.test_node_env import ENV_FROM, secret
from tests.node.test_node_sidecar import SIDECAR, STAYS, change, messages
from tests.node.waiting import until

ROTATED = "pl4nted-rotated"
USER = {"runAsUser": 65532, "runAsGroup": 65532}


@only_in_full  # tests/cluster has a fleet with the real controllers
def test_pods_of_a_deployment_go_one_after_the_other_and_all_come_back_with_it(team: Team) -> None:
    team.api.allow(team.namespace, "app", [rbac.eviction()])
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}}
    team.create("PodDisruptionBudget", "policy/v1", "app", spec=budget)
    asked = {**SIDECAR, keys.ON_CHANGE: "evict", keys.CHANGE_WINDOW: "1s"}
    container = {**ENV_FROM, "command": ["sh", "-c", f"{SHOW_ENV}; {STAYS}"]}
    template = team.labelled(container, asked, restartPolicy="Always")
    spec = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template}
    team.create("Deployment", "apps/v1", "app", spec=spec)
    until(
        lambda: team.get("Deployment", "apps/v1", "app")["status"].get("readyReplicas") == 2,
        "both are ready",
    )
    before = {pod["metadata"]["name"] for pod in team.pods(**LABELS)}

    team.aws.rotate(team.path, {"password": ROTATED, "user": "u"})

    def names() -> set[str]:
        return {pod["metadata"]["name"] for pod in team.pods(**LABELS)}

    until(lambda: len(names()) == 2 and not names() & before, "both are others", 120)
    for name in names():
        team.await_phase(name, "Running")
        assert team.shown(name) == [digest(ROTATED)]
    calls = team.api.calls(user_name(team.namespace, "app"))
    assert calls["create", "pods/eviction"] >= 2


def test_the_first_process_of_the_other_container_is_told_when_it_can_read_the_file(
    team: Team,
) -> None:
    show = "sha256sum < /creds/password"
    container = {
        "command": ["sh", "-c", f'trap "{show}" HUP; trap "exit 0" TERM; {show}; {_FOR_EVER}'],
        "volumeMounts": [{"name": "creds", "mountPath": "/creds"}],
    }
    asked = {**SIDECAR, keys.ON_CHANGE: "signal:HUP"}
    shared = {"shareProcessNamespace": True, "securityContext": USER, "restartPolicy": "Always"}
    team.pod("app", container, asked, **shared, **secret())
    team.await_phase("app", "Running")
    until(lambda: team.shown("app") == [digest()], "it shows what it read", 60)

    team.aws.rotate(team.path, {"password": ROTATED, "user": "u"})
    until(lambda: "updated" in " ".join(messages(team, ["app"])), "it is written")
    change(team, "app", {"example.com/any": "edit"})  # has the kubelet look at the pod at once

    until(lambda: "AppTold" in team.reasons("app"), "it was told", 120)
    until(lambda: len(team.shown("app")) > 1, "it shows what it read then", 60)
    assert team.shown("app") == [digest(), digest(ROTATED)]
    (said,) = [it for it in messages(team, ["app"]) if "HUP was sent" in it]
    assert "'sh'" in said


_FOR_EVER = "while :; do sleep 1 & wait; done"
