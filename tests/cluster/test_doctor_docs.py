"""docs/troubleshooting.md and docs/reference.md show what the programs say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from initsync.testing.aws import AwsServer
from tests.chart.helm import REGISTRY
from tests.cluster.clinic import Clinic
from tests.cluster.test_doctor_pod import no_role
from tests.cluster.ward import Ward

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "troubleshooting.md").read_text()
NOT_OF_ALL = {"configmap", "maker", "project", "vault"}
"""Checks of what AWS or the pod there has not: tests/initsync/doctor has them."""
CHECKS = re.findall(r"^\| (`.+?`) \|.* \|$", PAGE.partition("## By symptom")[0], re.MULTILINE)


@pytest.fixture
def shop(clinic: Clinic, aws: AwsServer, tmp_path: Path) -> Iterator[Ward]:
    ward = Ward(clinic, aws, "shop", tmp_path)
    yield ward
    clinic.delete(ward.pod)


def plain(text: str) -> list[str]:
    """Without what differs from day to day."""
    times = re.sub(r"\b\d+[smhd]( \d+[smhd])?\b", "TIME", text)
    named = times.replace(REGISTRY, "registry.example.com/platform")
    return re.sub(r"v1\.\d+\.\d+", "VERSION", named).splitlines()


def test_the_example_is_what_the_doctor_says(shop: Ward) -> None:
    said = 'error: cannot get Secret shop/db: secrets "db" is forbidden (403)'
    shop.secret = None
    shop.state = {"waiting": {"reason": "CrashLoopBackOff"}}
    last = {"exitCode": 5, "reason": "Error", "message": f"{said}\n"}
    shop.status = {"restartCount": 3, "lastState": {"terminated": last}}
    no_role(shop)
    shop.store()

    ended = shop.examine("--pod", "web", "-n", "shop")

    shown = PAGE.partition("$ initsync doctor --pod web -n shop\n")[2].partition("```")[0]
    assert plain(ended.stdout + ended.stderr) == plain(shown)


def test_every_check_is_explained_and_no_other(ward: Ward) -> None:
    ward.container["env"] = ward.container["env"][:2]  # no region
    ward.store()
    seen = {*ward.told(), *ward.told("-n", ward.namespace)}

    explained = {name for row in CHECKS for name in re.findall("`([a-z-]+)`", row)}
    assert explained - NOT_OF_ALL == seen
    assert explained >= NOT_OF_ALL


def test_the_shown_clusterrole_allows_every_check(ward: Ward) -> None:
    api, namespace = ward.clinic.api, ward.namespace
    role: Any = yaml.safe_load(PAGE.partition("```yaml\n")[2].partition("```")[0])
    api.apply(role)
    api.create_service_account(namespace, "person")
    subject = {"kind": "ServiceAccount", "name": "person", "namespace": namespace}
    group = "rbac.authorization.k8s.io"
    api.apply(
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": namespace},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "jasm-doctor"},
            "subjects": [subject],
        }
    )
    user = f"system:serviceaccount:{namespace}:person"
    review = "localsubjectaccessreviews.authorization.k8s.io"
    api.await_access(user, namespace, "create", review)
    ward.store()
    token = api.create_token(namespace, "person")

    for options in (("--pod", "web"), ("-n", namespace)):
        ended = ward.examine(*options, token=token)
        assert ended.returncode == 0
        assert " needs `" not in ended.stdout
