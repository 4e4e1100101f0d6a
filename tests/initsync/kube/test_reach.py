"""What a pod could never do after a change, and what would be no use."""

import re
from typing import Any

import pytest

from initsync.kube import reach
from initsync.words import keys

HTTP = "http://localhost:9090/-/reload"
OWNER = {"ownerReferences": [{"kind": "ReplicaSet", "controller": True}]}
SHARED = {"shareProcessNamespace": True}


def pod(said: str, owner: Any = None, **spec: Any) -> Any:
    annotations = {keys.ON_CHANGE: said, keys.MODE: "sidecar"}
    app = {"name": "app", "ports": [{"containerPort": 9090}]}
    return {
        "metadata": {"annotations": annotations, **(owner or {})},
        "spec": {"containers": [app], **spec},
    }


def user(uid: int, **more: Any) -> Any:
    return {"name": "app", "securityContext": {"runAsUser": uid}, **more}


PROXY = {"name": "istio-proxy", "restartPolicy": "Always"}


@pytest.mark.parametrize(
    "possible",
    [
        pod("evict", OWNER),
        pod("signal:HUP", **SHARED),
        pod("signal:HUP", **SHARED, initContainers=[{"name": "migrate"}, {"name": "jasm-init"}]),
        pod("signal:HUP:nginx", **SHARED, initContainers=[PROXY]),
        pod("signal:HUP", **SHARED, securityContext={"runAsUser": 65532}),
        pod("signal:HUP:a", **SHARED, containers=[user(1), user(65532)]),
        pod("signal:HUP:a", **SHARED, containers=[user(1), {"name": "of-its-image"}]),
        pod(HTTP),
        pod("http://localhost:9091/"),
    ],
)
def test_what_it_can_do(possible: Any) -> None:
    assert reach.problem(possible, 65532) is None


@pytest.mark.parametrize(
    ("impossible", "why"),
    [
        (pod("evict"), "evict needs a controller that makes the pod anew"),
        (pod("evict", {"ownerReferences": [{"kind": "Node"}]}), "evict needs a controller"),
        (pod("signal:HUP"), "needs spec.shareProcessNamespace: true"),
        (pod("signal:HUP", shareProcessNamespace=False), "needs spec.shareProcessNamespace: true"),
        (
            pod("signal:HUP", **SHARED, initContainers=[PROXY]),
            "say whom the signal is for: signal:HUP:PROCESS",
        ),
        (
            pod("signal:HUP", **SHARED, securityContext={"runAsUser": 101}),
            'jasm-init runs as user 65532 and the app as 101, .*run-as-user: "101"',
        ),
        (pod("signal:HUP", **SHARED, containers=[user(0)]), "the app runs as root"),
    ],
)
def test_what_it_cannot(impossible: Any, why: str) -> None:
    problem = reach.problem(impossible, 65532)

    assert problem is not None
    assert problem.name == keys.ON_CHANGE
    assert re.search(why, str(problem))


def test_outside_sidecar_mode_nothing_can_be_done() -> None:
    init = pod("evict", OWNER)
    del init["metadata"]["annotations"][keys.MODE]

    assert "needs jasm.codnod.io/mode: sidecar" in str(reach.problem(init, None))


def mounted(**mount: Any) -> Any:
    volumes = [{"name": "creds", "secret": {"secretName": "db"}}]
    app = {"name": "app", "volumeMounts": [{"name": "creds", "mountPath": "/creds", **mount}]}
    return {"containers": [app], "volumes": volumes}


@pytest.mark.parametrize(
    ("said", "spec", "told"),
    [
        (HTTP, mounted(), False),
        (HTTP, mounted(subPath="a"), True),
        (HTTP, mounted(subPathExpr="$(A)"), True),
        (HTTP, {}, True),
        ("signal:HUP", {}, True),
        ("signal:TERM", {}, False),
        ("evict", {}, False),
    ],
)
def test_an_app_that_cannot_read_the_new_value_is_told_of(said: str, spec: Any, told: bool) -> None:
    found = reach.warnings(pod(said, **spec), {"db"})

    assert [keys.ON_CHANGE in it for it in found if "cannot read a new value" in it] == (
        [True] if told else []
    )


@pytest.mark.parametrize(("port", "told"), [(9090, False), (9091, True)])
def test_a_port_that_no_container_names_is_told_of(port: int, told: bool) -> None:
    asking = pod(f"http://localhost:{port}/")
    asking["spec"] |= mounted()
    asking["spec"]["containers"][0]["ports"] = [{"containerPort": 9090}]

    found = [it for it in reach.warnings(asking, {"db"}) if f"names containerPort {port}" in it]

    assert len(found) == told
