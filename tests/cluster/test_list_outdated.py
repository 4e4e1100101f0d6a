"""`initsync list --outdated` on a real API server: who still has the old password?"""

import json
from pathlib import Path

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from tests.cluster.by_hand import write_kubeconfig
from tests.cluster.listed import app, run, secret


@pytest.fixture
def api(real_api: ControlPlane) -> ControlPlane:
    """The embedded one has no kubelet's words about containers."""
    return real_api


@pytest.fixture
def config(real_api: ControlPlane, namespace: str, tmp_path: Path) -> Path:
    """Of a namespace with two Secrets, and a pod that has read both."""
    for name in ("db", "other"):
        real_api.create(secret(namespace, name))
    pod = manifests.pod(namespace, "web-1")
    pod["spec"]["containers"] = [
        app(envFrom=[{"secretRef": {"name": it}} for it in ("db", "other")])
    ]
    real_api.create(pod)
    starts(real_api, namespace, "2019-01-01T00:00:00Z")
    return write_kubeconfig(tmp_path / "config", real_api, namespace)


def starts(api: ControlPlane, namespace: str, at: str) -> None:
    """As a kubelet writes it."""
    running = {"name": "app", "ready": True, "restartCount": 0, "image": "i", "imageID": "i"}
    status = {"containerStatuses": [running | {"state": {"running": {"startedAt": at}}}]}
    path = f"/api/v1/namespaces/{namespace}/pods/web-1/status"
    answer = api.request("PATCH", path, {"status": status}, "application/merge-patch+json")
    assert answer.status == 200


def test_a_container_from_before_the_last_write_is_told(namespace: str, config: Path) -> None:
    code, out, said = run(config, "--outdated", "-n", namespace, "--secret", "db")

    head, line = out.splitlines()
    assert (code, said) == (0, "")
    assert head.split() == [
        *("NAMESPACE", "SECRET", "WRITTEN", "POD", "CONTAINER", "STARTED", "THROUGH", "IT")
    ]
    assert line.startswith(f"{namespace}  db ")
    assert line.endswith("envFrom  has the value of before for as long as it runs")


def test_of_all_secrets_as_json(namespace: str, config: Path) -> None:
    _, out, _ = run(config, "--outdated", "-n", namespace, "-o", "json")

    found = json.loads(out)
    assert [it["secret"] for it in found] == ["db", "other"]
    assert found[0] == {
        "namespace": namespace,
        "secret": "db",
        "written": "2020-01-01T00:00:00Z",
        "pod": "web-1",
        "owner": "",
        "container": "app",
        "started": "2019-01-01T00:00:00Z",
        "through": ["envFrom"],
        "certain": True,
    }


def test_once_it_was_started_again_there_is_none(
    real_api: ControlPlane, namespace: str, config: Path
) -> None:
    starts(real_api, namespace, "2021-01-01T00:00:00Z")

    code, out, said = run(config, "--outdated", "-n", namespace)

    assert (code, out) == (0, "")
    assert said == "every container that runs started after its Secret was last written\n"


def test_a_secret_of_others_is_none_of_ours(
    real_api: ControlPlane, namespace: str, config: Path
) -> None:
    foreign = secret(namespace, "db", **{keys.MANAGED_BY: "Helm"})
    real_api.apply(foreign)

    _, out, _ = run(config, "--outdated", "-n", namespace, "-o", "json")

    assert [it["secret"] for it in json.loads(out)] == ["other"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--outdated", "--unused"], "choose one of --unused, --missed and --outdated"),
        (["--secret", "db"], "--secret is for --outdated"),
    ],
)
def test_what_does_not_go_together_is_told(config: Path, options: list[str], said: str) -> None:
    code, _, told = run(config, *options)

    assert code == 2
    assert said in told
