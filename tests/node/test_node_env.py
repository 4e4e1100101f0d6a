"""Every way in which an app takes its Secret, on a real kubelet, the Secret absent before.

All pods are created at once, as on a busy node; each test then looks at its own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from initsync.testing.aws import AwsServer
from tests.node.images import BASE
from tests.node.node import Node
from tests.node.team import SHOW_ENV, Team, digest

ENV_FROM = {"envFrom": [{"secretRef": {"name": "db"}}]}
KEY_REF = {"secretKeyRef": {"name": "db", "key": "password"}}
MOUNTED = {"volumeMounts": [{"name": "creds", "mountPath": "/creds", "readOnly": True}]}
UNPRIVILEGED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
NOBODY = {"runAsNonRoot": True, "runAsUser": 1000}


class Case(NamedTuple):
    container: dict[str, Any]
    spec: Mapping[str, Any] = MappingProxyType({})
    shows: tuple[str, ...] = (digest(),)
    labels: Mapping[str, str] = MappingProxyType({})
    limited: bool = False
    """By a ResourceQuota and a LimitRange."""


def reading(file: str, *also: str) -> dict[str, Any]:
    """A container that shows the digest of `file` below the mounted volume."""
    command = ["sh", "-c", "; ".join([f"sha256sum <{file}", *also])]
    return {**MOUNTED, "command": command}


def secret(**fields: Any) -> dict[str, Any]:
    """The pod's volume of the Secret."""
    return {"volumes": [{"name": "creds", "secret": {"secretName": "db"} | fields}]}


SUB_PATH = {"name": "creds", "mountPath": "/creds/password", "subPath": "password"}
MIGRATE = {"name": "migrate", "image": BASE, "command": ["sh", "-c", SHOW_ENV], **ENV_FROM}
PROJECTED = [{"secret": {"name": "db"}}, {"configMap": {"name": "kube-root-ca.crt"}}]
CASES = {
    "env-from": Case(ENV_FROM),
    "secret-key-ref": Case({"env": [{"name": "password", "valueFrom": KEY_REF}]}),
    "volume": Case(reading("/creds/password"), secret()),
    "volume-items": Case(reading("/creds/a/b"), secret(items=[{"key": "password", "path": "a/b"}])),
    "volume-default-mode": Case(
        reading("/creds/password", "stat -Lc %a /creds/password"),
        secret(defaultMode=0o400),
        (digest(), "400"),
    ),
    "volume-sub-path": Case(reading("/creds/password") | {"volumeMounts": [SUB_PATH]}, secret()),
    "volume-fs-group": Case(
        reading("/creds/password", "stat -Lc %g /creds/password"),
        {**secret(defaultMode=0o440), "securityContext": {"fsGroup": 2000, **NOBODY}},
        (digest(), "2000"),
    ),
    "projected": Case(
        reading("/creds/password", "ls /creds"),
        {"volumes": [{"name": "creds", "projected": {"sources": PROJECTED}}]},
        (digest(), "ca.crt", "password", "user"),
    ),
    "two-containers": Case(
        ENV_FROM,
        {
            "containers": [
                {"name": name, "image": BASE, "command": ["sh", "-c", SHOW_ENV], **ENV_FROM}
                for name in ("app", "other")
            ]
        },
    ),
    "own-init-container": Case(ENV_FROM, {"initContainers": [MIGRATE]}),
    "no-automount": Case(
        ENV_FROM | {"command": ["sh", "-c", f"{SHOW_ENV}; ls /var/run/secrets"]},
        {"automountServiceAccountToken": False},
        (digest(), "eks.amazonaws.com"),
    ),
    "restricted": Case(
        ENV_FROM | {"securityContext": UNPRIVILEGED}, {"securityContext": NOBODY}, labels=RESTRICTED
    ),
    "quota": Case(ENV_FROM, limited=True),
    "run-as-non-root": Case(ENV_FROM, {"securityContext": NOBODY}),
    "host-network": Case(ENV_FROM, {"hostNetwork": True}),
}


def limit(team: Team) -> None:
    """As a platform team does: containers must name what they take, or get a default."""
    default = {"cpu": "200m", "memory": "64Mi"}
    item = {"type": "Container", "default": default, "defaultRequest": default}
    most = {"limits.cpu": "200m", "limits.memory": "64Mi", "pods": "1"}
    team.create("LimitRange", "v1", "defaults", spec={"limits": [item]})
    team.create("ResourceQuota", "v1", "most", spec={"hard": most})


@pytest.fixture(scope="module")
def teams(injected: Node, aws: AwsServer) -> dict[str, Team]:
    """One a case, its pod created."""
    created = {name: Team(injected.api, aws, case.labels) for name, case in CASES.items()}
    for name, team in created.items():
        case = CASES[name]
        team.put_secret()
        if case.limited:
            limit(team)
        team.pod("app", case.container, **case.spec)
    return created


@pytest.fixture(params=CASES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def team(teams: dict[str, Team], name: str) -> Team:
    return teams[name]


def test_the_app_sees_its_secret(team: Team, name: str) -> None:
    team.await_phase("app", "Succeeded")

    assert team.shown("app") == list(CASES[name].shows)
    assert team.reasons("app").count("SecretSynced") == 1
    containers = team.status("app")["containerStatuses"]
    assert [it["restartCount"] for it in containers] == [0] * len(containers)


def test_no_start_waits_for_the_kubelets_mount_back_off(team: Team) -> None:
    team.await_phase("app", "Succeeded")

    assert team.waited_for_its_secret("app") == []


def test_the_apps_own_init_container_sees_it_too(teams: dict[str, Team]) -> None:
    team = teams["own-init-container"]
    team.await_phase("app", "Succeeded")

    assert team.log("app", "migrate").split()[0] == digest()


def test_the_second_container_sees_it_too(teams: dict[str, Team]) -> None:
    team = teams["two-containers"]
    team.await_phase("app", "Succeeded")

    assert team.log("app", "other").split()[0] == digest()
