"""`initsync list`: which Secrets JASM keeps, and everything that counts as a user of one."""

import json
import re
from pathlib import Path

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from tests.cluster.by_hand import GOOD, write_kubeconfig
from tests.cluster.listed import WAYS, maker, run, secret


@pytest.fixture
def api(real_api: ControlPlane) -> ControlPlane:
    return real_api


@pytest.fixture
def config(api: ControlPlane, namespace: str, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "config", api, namespace)


@pytest.mark.parametrize("way", WAYS)
def test_a_pod_that_reads_the_secret_is_its_user(
    api: ControlPlane, namespace: str, config: Path, way: str
) -> None:
    api.create(secret(namespace, "db"))
    pod = manifests.pod(namespace, "web")
    api.create(pod | {"spec": WAYS[way]})

    code, out, _ = run(config, "-n", namespace, "-o", "json")

    (found,) = json.loads(out)["secrets"]
    assert code == 0
    assert found["users"] == [{"kind": "Pod", "name": "web", "owner": "", "through": [way]}]


def test_the_table_says_source_times_and_users(
    api: ControlPlane, namespace: str, config: Path
) -> None:
    api.create(secret(namespace, "db"))
    api.create(secret(namespace, "lonely", "/prod/lonely"))
    api.create(secret(namespace, "foreign", **{keys.MANAGED_BY: "Helm"}))
    api.create(manifests.pod(namespace, "web", {keys.ANNOTATION: GOOD, keys.INJECT: "false"}))

    code, out, said = run(config, "-n", namespace)

    head, first, second = (line.split("  ") for line in out.splitlines())
    cells = [[cell.strip() for cell in row if cell] for row in (head, first, second)]
    assert (code, said) == (0, "")
    assert cells[0] == [
        *("NAMESPACE", "NAME", "PROVIDER", "PATH", "VERSION", "WRITTEN", "AGE", "USED BY"),
    ]
    for row, name, path, version, users in [
        (cells[1], "db", "/prod/db", "5f2e1c09", "Pod/web (annotation)"),
        (cells[2], "lonely", "/prod/lonely", "?", "nobody"),
    ]:
        assert row[:5] == [namespace, name, "aws-secretsmanager", path, version]
        assert row[5].endswith("d") or "d " in row[5]
        assert row[6].endswith("s")
        assert row[7] == users


def test_the_references_example(api: ControlPlane, namespace: str, config: Path) -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "reference.md").read_text()
    shown = page.partition("$ initsync list -n shop\n")[2].partition("```")[0]
    api.create(secret(namespace, "db"))
    api.create(secret(namespace, "legacy", "/prod/legacy"))
    web = maker("Deployment", namespace, "web", dict(WAYS["envFrom"]))
    web["spec"]["template"]["metadata"]["annotations"] = {keys.ANNOTATION: GOOD}
    api.create(web)
    api.create(maker("CronJob", namespace, "report", dict(WAYS["env"])))

    _, out, _ = run(config, "-n", namespace)

    assert cells(out.replace(namespace, "shop")) == cells(shown)


def cells(table: str) -> list[list[str]]:
    """Rows without what differs from day to day."""
    times = re.sub(r"\b\d+[smhd]( \d+[smhd])?\b", "TIME", table)
    return [re.split(" {2,}", line) for line in times.splitlines()]


@pytest.mark.parametrize(
    "kind", ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"]
)
def test_a_secret_of_something_without_pods_is_not_unused(
    api: ControlPlane, namespace: str, config: Path, kind: str
) -> None:
    api.create(secret(namespace, "db"))
    api.create(secret(namespace, "orphan"))
    api.create(maker(kind, namespace, "web", dict(WAYS["envFrom"])))

    code, out, said = run(config, "-n", namespace, "--unused", "-o", "json")

    assert [one["name"] for one in json.loads(out)["secrets"]] == ["orphan"]
    assert (code, said) == (0, "")


def test_what_no_pod_waits_for_is_not_unused(
    api: ControlPlane, namespace: str, config: Path
) -> None:
    for name in ("tls", "pull"):
        api.create(secret(namespace, name))
    tls = {"tls": [{"secretName": "tls"}], "rules": [{"host": "shop.example"}]}
    metadata = {"name": "web", "namespace": namespace}
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata}
    api.create(ingress | {"spec": tls})
    account = manifests.service_account(namespace, "app")
    api.create(account | {"imagePullSecrets": [{"name": "pull"}]})

    code, out, _ = run(config, "-n", namespace, "--unused", "-o", "json")

    assert (code, json.loads(out)["secrets"]) == (0, [])


def test_what_was_made_by_another_user_is_told_once(
    api: ControlPlane, namespace: str, config: Path
) -> None:
    api.create(secret(namespace, "db"))
    above = api.create(maker("ReplicaSet", namespace, "web-5d", dict(WAYS["env"])))
    pod = manifests.pod(namespace, "web-5d-x")
    pod["metadata"]["ownerReferences"] = [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d"}
        | {"uid": above["metadata"]["uid"]}
    ]
    api.create(pod | {"spec": WAYS["env"]})

    assert run(config, "-n", namespace)[1].rstrip().endswith("  ReplicaSet/web-5d (env)")
