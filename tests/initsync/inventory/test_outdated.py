"""Which running containers have a value from before their Secret was written."""

from typing import Any

import pytest

from initsync.inventory.outdated import Outdated, outdated

BEFORE, WRITTEN, AFTER = "2026-11-30T10:00:00Z", "2026-11-30T10:00:05Z", "2026-11-30T10:00:06Z"
SECRETS = {("shop", "db"): WRITTEN}
ENV = {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "db", "key": "a"}}}]}
ENV_FROM = {"envFrom": [{"secretRef": {"name": "db"}}]}
MOUNT: dict[str, Any] = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
VOLUME = {"name": "v", "secret": {"secretName": "db"}}
PROJECTED = {"name": "v", "projected": {"sources": [{"secret": {"name": "db"}}]}}


def pod(
    container: dict[str, Any],
    *volumes: dict[str, Any],
    state: dict[str, Any] | None = None,
    part: str = "container",
) -> dict[str, Any]:
    running = {"running": {"startedAt": BEFORE}} if state is None else state
    owners = [{"kind": "ReplicaSet", "name": "web-5d"}]
    return {
        "metadata": {"namespace": "shop", "name": "web-1", "ownerReferences": owners},
        "spec": {f"{part}s": [{"name": "app"} | container], "volumes": list(volumes)},
        "status": {f"{part}Statuses": [{"name": "app", "state": running}]},
    }


def of(found: dict[str, Any]) -> list[Outdated]:
    return list(outdated([found], SECRETS))


@pytest.mark.parametrize(
    ("container", "volumes", "through", "certain"),
    [
        (ENV, (), ("env",), True),
        (ENV_FROM, (), ("envFrom",), True),
        (ENV | ENV_FROM, (), ("env", "envFrom"), True),
        (MOUNT, (VOLUME,), ("volume",), False),
        (MOUNT, (PROJECTED,), ("projected volume",), False),
        ({"volumeMounts": [{"name": "v", "subPath": "a"}]}, (VOLUME,), ("subPath",), True),
        ({"volumeMounts": [{"name": "v", "subPathExpr": "a"}]}, (VOLUME,), ("subPath",), True),
        (ENV | MOUNT, (VOLUME,), ("env", "volume"), True),
    ],
)
def test_a_container_that_started_before_is_told_with_how_it_reads(
    container: dict[str, Any],
    volumes: tuple[dict[str, Any], ...],
    through: tuple[str, ...],
    certain: bool,
) -> None:
    place = ("shop", "db", WRITTEN, "web-1", "ReplicaSet/web-5d", "app", BEFORE)

    assert of(pod(container, *volumes)) == [Outdated(*place, through, certain)]


@pytest.mark.parametrize("part", ["initContainer", "ephemeralContainer"])
def test_so_is_a_sidecar_or_a_debugger(part: str) -> None:
    assert [it.container for it in of(pod(ENV, part=part))] == ["app"]


@pytest.mark.parametrize("started", [WRITTEN, AFTER, "", "nonsense"])
def test_one_that_started_with_it_or_later_is_not(started: str) -> None:
    assert of(pod(ENV, state={"running": {"startedAt": started}})) == []


@pytest.mark.parametrize("state", [{}, {"waiting": {}}, {"terminated": {"startedAt": BEFORE}}])
def test_one_that_does_not_run_is_not(state: dict[str, Any]) -> None:
    assert of(pod(ENV, state=state)) == []


@pytest.mark.parametrize("written", ["", "nonsense", "0001-01-01"])
def test_a_secret_that_says_no_time_tells_nothing(written: str) -> None:
    assert list(outdated([pod(ENV)], {("shop", "db"): written})) == []


def test_other_secrets_and_namespaces_are_others() -> None:
    assert list(outdated([pod(ENV)], {("shop", "other"): WRITTEN, ("api", "db"): WRITTEN})) == []


def test_a_volume_that_no_container_mounts_is_read_by_none() -> None:
    assert of(pod({}, VOLUME)) == []


def test_a_pod_without_a_status_is_none() -> None:
    found = pod(ENV)
    del found["status"]

    assert of(found) == []
