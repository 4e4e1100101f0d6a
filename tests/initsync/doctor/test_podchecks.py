"""What the doctor says of a pod's state, without a cluster."""

from typing import Any

import pytest

from initsync.doctor import podchecks
from initsync.doctor.result import Result, Unread
from initsync.words import keys

NOW = 1_800_000_000.0
HOUR_AGO = "2027-01-15T07:00:00Z"


def container(state: Any, **more: Any) -> str:
    return str(podchecks.container({"name": keys.CONTAINER, "state": state, **more}))


@pytest.mark.parametrize(
    ("state", "more", "line"),
    [
        ({"terminated": {"exitCode": 0}}, {}, "ok      container: jasm-init ended well"),
        ({"running": {}}, {}, "ok      container: jasm-init runs"),
        (
            {"running": {}},
            {"restartCount": 1, "lastState": {"terminated": {"exitCode": 5, "message": "m\n"}}},
            "warning container: jasm-init runs again, 1 restart; before: exit code 5, it said: m",
        ),
        (
            {"waiting": {"reason": "PodInitializing"}},
            {},
            "skipped container: jasm-init has not started yet (PodInitializing)",
        ),
        (
            {"waiting": {"reason": "CreateContainerConfigError", "message": "runs as root"}},
            {},
            "failed  container: jasm-init waits: CreateContainerConfigError, runs as root",
        ),
        (
            {"terminated": {"exitCode": 143, "reason": "Error"}},
            {"restartCount": 2},
            "failed  container: jasm-init failed, 2 restarts: exit code 143",
        ),
    ],
)
def test_a_containers_state_is_one_line(state: Any, more: Any, line: str) -> None:
    assert container(state, **more) == line


@pytest.mark.parametrize(("code", "exit_code"), [(3, 3), (4, 4), (5, 5), (1, 5), (137, 5)])
def test_an_exit_code_of_the_failure_table_is_the_doctors(code: int, exit_code: int) -> None:
    state = {"terminated": {"exitCode": code}}

    found = podchecks.container({"name": keys.CONTAINER, "state": state})

    assert found.exit_code == exit_code


def pod(**status: Any) -> dict[str, Any]:
    spec = {"initContainers": [{"name": keys.CONTAINER}]}
    return {"metadata": {"namespace": "shop", "name": "web"}, "spec": spec, "status": status}


def test_a_pod_without_a_node_is_told_as_such() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes fit"}

    (found,) = podchecks.containers(pod(conditions=[condition]))

    assert found.status == "warning"
    assert found.message == "the pod has no node: 0/3 nodes fit"


def test_an_app_that_lacks_a_key_of_the_secret_is_told_in_the_kubelets_words() -> None:
    waiting = {"reason": "CreateContainerConfigError", "message": "couldn't find key p in Secret"}
    ours = {"name": keys.CONTAINER, "state": {"terminated": {"exitCode": 0}}}
    app = {"name": "app", "state": {"waiting": waiting}}
    found = list(podchecks.containers(pod(initContainerStatuses=[ours], containerStatuses=[app])))

    assert [one.status for one in found] == ["ok", "failed"]
    assert found[1].message == (
        "app waits: CreateContainerConfigError, couldn't find key p in Secret"
    )


GOOD = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"


def test_annotations_without_effect_are_warned_of_for_the_pod_has_its_secret_all_the_same() -> None:
    found = pod()
    said = {keys.MEMORY: "lots", keys.PLACE: "nowhere", keys.METRICS_PORT: "80"}
    found["metadata"]["annotations"] = {keys.ANNOTATION: GOOD, **said}

    told = list(podchecks.annotations(found))

    assert [one.status for one in told] == ["warning"] * 3
    assert [one.message.split()[1] for one in told] == list(said)


def test_the_port_of_jasm_init_itself_is_not_taken() -> None:
    found = pod()
    container = {"name": keys.CONTAINER, "ports": [{"containerPort": 9090}]}
    found["spec"]["initContainers"] = [container]
    said = {keys.MODE: "sidecar", keys.METRICS_PORT: "9090"}
    found["metadata"]["annotations"] = {keys.ANNOTATION: GOOD, **said}

    assert [one.status for one in podchecks.annotations(found)] == ["ok"]


def event(component: str, kind: str, when: str, **more: Any) -> dict[str, Any]:
    return {
        "metadata": {},
        "source": {"component": component},
        "type": kind,
        "reason": f"By{component}",
        "message": "so it is",
        "lastTimestamp": when,
        **more,
    }


def test_the_newest_event_of_jasm_and_the_newest_warning_of_others_are_told() -> None:
    every = [
        event(keys.CONTAINER, "Warning", "2027-01-15T06:00:00Z"),
        event(keys.CONTAINER, "Normal", HOUR_AGO),
        event("kubelet", "Warning", HOUR_AGO, count=12),
        event("kubelet", "Normal", "2027-01-15T08:00:00Z"),
    ]

    assert [str(one) for one in podchecks.events(every, NOW)] == [
        "ok      events: jasm-init, 1h ago: Byjasm-init: so it is",
        "warning events: kubelet, 1h ago, 12 times: Bykubelet: so it is",
    ]


def test_of_several_secrets_the_events_of_one_sync_are_told() -> None:
    """One for all that went well, and one for each that did not."""
    every = [
        event(keys.CONTAINER, "Warning", "2027-01-15T06:59:00Z", message="of the sync before"),
        event(keys.CONTAINER, "Normal", "2027-01-15T06:59:58Z", message="a and b"),
        event(keys.CONTAINER, "Warning", HOUR_AGO, message="Secret c: no"),
        event(keys.CONTAINER, "Warning", HOUR_AGO, message="Secret c: no"),
        event(keys.CONTAINER, "Warning", HOUR_AGO, message="Secret d: no"),
    ]

    told = [str(one).rpartition("jasm-init: ")[2] for one in events(every, several=True)]

    assert told == ["Secret c: no", "Secret d: no", "a and b"]
    assert len(events(every, several=False)) == 1
    many = [event(keys.CONTAINER, "Warning", "when?", message=f"Secret {n}") for n in range(50)]
    assert len(events(many, several=True)) == 1
    assert len(events([it | {"lastTimestamp": HOUR_AGO} for it in many], several=True)) == 10


def events(every: list[dict[str, Any]], *, several: bool) -> list[Result]:
    return list(podchecks.events(every, NOW, several=several))


def test_an_event_of_the_new_kind_counts_by_its_own_time() -> None:
    new = event("", "Warning", "", reportingComponent="x", eventTime="2027-01-15T07:00:00.123456Z")

    (none, found) = podchecks.events([new], NOW)

    assert none.status == "skipped"
    assert found.message.startswith("x, 59m 59s ago: ")


def test_a_namespace_that_may_not_be_read_is_said() -> None:
    asking = pod()
    asking["metadata"]["annotations"] = {keys.ANNOTATION: "x"}
    asking["spec"] = {}

    found = podchecks.injection(asking, Unread("it needs `get` on namespaces"), None, None)

    assert "the injector did not see it" in found.message
    assert found.message.endswith("(the namespace was not read: it needs `get` on namespaces)")


def test_a_container_by_hand_may_have_another_name() -> None:
    asking = pod(initContainerStatuses=[{"name": "secrets", "state": {"running": {}}}])
    asking["metadata"]["annotations"] = {keys.ANNOTATION: GOOD, keys.INJECT: "false"}
    asking["spec"]["initContainers"] = [{"name": "secrets", "command": ["/usr/bin/jasm-init"]}]

    injected = podchecks.injection(asking, None, [], None)

    assert (injected.status, injected.message) == ("ok", "jasm-init is in the pod, by hand")
    assert [str(one) for one in podchecks.containers(asking)] == ["ok      container: secrets runs"]


def test_of_a_pod_that_only_syncs_its_own_container_is_looked_at() -> None:
    mounts = [{"name": "podinfo", "mountPath": keys.PODINFO_DIR}]
    ours = {"name": "jasm-init", "command": ["jasm-init"], "volumeMounts": mounts}
    ended = {"exitCode": 4, "message": "error: no such secret"}
    status = {"containerStatuses": [{"name": "jasm-init", "state": {"terminated": ended}}]}
    metadata = {"annotations": {keys.ANNOTATION: "a"}}
    found: Any = {"metadata": metadata, "spec": {"containers": [ours]}, "status": status}

    lines = [*podchecks.containers(found), podchecks.injection(found, None, [], None)]

    assert [str(line) for line in lines] == [
        "failed  container: jasm-init failed: exit code 4, it said: error: no such secret",
        "ok      injection: jasm-init is in the pod, by hand",
    ]


def test_annotations_of_others_are_left_alone_and_every_mistake_is_told() -> None:
    asking = pod()
    asking["metadata"]["annotations"] = {
        "example.com/on-failur": "x",
        "jasm.codnod.io/max-age": "soon",
        keys.ADOPT: "true",
    }

    found = [one.message for one in podchecks.annotations(asking)]

    assert "max-age: is 'soon', but must be a duration" in found[0]
    assert found[1].endswith(
        "has no effect on a pod: it belongs on the Secret that is to be handed over"
    )
    assert len(found) == 3
