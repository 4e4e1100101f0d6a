"""What the certificate job leaves alone, what it waits for, and what it may not."""

import datetime
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.testing import manifests
from initsync.testing.client import MERGE
from initsync.testing.controlplane import Binaries, ControlPlane
from injector.certs import issue
from injector.certs.pair import Pair
from tests.cluster.certificates import Installation, take_away, tls_secret

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


@pytest.fixture
def installed(real_api: ControlPlane, tmp_path: Path) -> Iterator[Installation]:
    with Installation(real_api, tmp_path) as installation:
        yield installation


def pair(installed: Installation) -> Pair:
    return issue.issue(installed.names.hosts, datetime.datetime.now(datetime.UTC), 30)


def test_a_secret_of_somebody_else_is_left_alone(installed: Installation) -> None:
    installed.api.create(tls_secret(installed.names, pair(installed)))
    before = installed.secret()

    done = installed.run("-o", "json")

    said = json.loads(done.stdout)
    assert (done.returncode, said["error"]) == (3, "ObjectNotManaged")
    assert "and was left as it is: label it" in said["message"]
    assert installed.secret() == before
    assert installed.bundles() == [""] * 3


def test_a_secret_made_by_hand_can_be_handed_over_without_loss(installed: Installation) -> None:
    by_hand = pair(installed)
    installed.api.create(tls_secret(installed.names, by_hand))
    label = {"app.kubernetes.io/managed-by": "jasm-certs"}
    installed.change_secret({"metadata": {"labels": label}})

    done = installed.run("-o", "json")

    assert json.loads(done.stdout)["steps"] == ["trust", "own"]
    assert installed.data("tls.crt") == by_hand.certificate
    assert installed.owners() == [installed.service_uid()], "it goes with the Service from now on"


def test_a_secret_of_a_service_that_was_made_anew_goes_with_the_new_one(
    installed: Installation,
) -> None:
    """By its name it is the same; Kubernetes goes by the uid, and would remove the Secret."""
    installed.run()
    (service,) = installed.shipped("service")
    installed.api.request("DELETE", manifests.path(service))
    installed.api.apply(service)
    stale = installed.owners()

    done = installed.run("-o", "json")

    assert json.loads(done.stdout)["steps"] == ["own"]
    assert installed.owners() == [installed.service_uid()] != stale


@pytest.fixture
def openshift(binaries: Binaries, tmp_path: Path) -> Iterator[Installation]:
    """Where only who may delete an object may change its owner, as it is by default there."""
    flag = "--enable-admission-plugins=OwnerReferencesPermissionEnforcement"
    with ControlPlane(binaries, flags=[flag]) as api, Installation(api, tmp_path) as installation:
        yield installation


def test_its_rights_do_where_owners_are_guarded(openshift: Installation) -> None:
    openshift.run()
    openshift.change_secret({"metadata": {"ownerReferences": None}})

    allowed = openshift.run("-o", "json")
    openshift.change_secret({"metadata": {"ownerReferences": None}})
    take_away(openshift, "Role", "secrets", "delete")
    refused = openshift.run("--timeout=10")

    assert json.loads(allowed.stdout)["steps"] == ["own"]
    assert refused.returncode == 5
    assert "create, patch and delete on that Secret" in refused.stderr


@pytest.mark.parametrize("annotation", ["inject-ca-from", "inject-ca-from-secret"])
def test_a_configuration_of_cert_managers_is_left_alone(
    installed: Installation, annotation: str
) -> None:
    said = {"metadata": {"annotations": {f"cert-manager.io/{annotation}": "a/b"}}}
    installed.api.request("PATCH", f"{WEBHOOKS}/{installed.name}", said, MERGE)

    done = installed.run()

    assert done.returncode == 3
    assert f"has its CA from cert-manager (annotation cert-manager.io/{annotation})" in done.stderr
    assert installed.secret()["code"] == 404


def test_it_waits_for_what_an_installation_makes_after_it(installed: Installation) -> None:
    """Helm makes webhook configurations last."""
    installed.unregister()
    command, env = installed.command()
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        first = running.stderr.readline()
        installed.register()
        running.communicate(timeout=60)

    assert first == f"waiting for {installed.names.webhook_title}: there is none yet\n"
    assert running.returncode == 0
    assert installed.is_settled()


@pytest.mark.parametrize(
    ("kind", "resource", "verb"),
    [
        ("ClusterRole", "mutatingwebhookconfigurations", "get"),
        ("ClusterRole", "mutatingwebhookconfigurations", "patch"),
        ("Role", "secrets", "get"),
        ("Role", "secrets", "create"),
        ("Role", "secrets", "patch"),
        ("Role", "services", "get"),
    ],
)
def test_a_right_that_is_missing_is_one_clear_sentence(
    installed: Installation, kind: str, resource: str, verb: str
) -> None:
    """So no right of the shipped Roles is there without a need."""
    take_away(installed, kind, resource, verb)

    done = installed.run("--timeout=20")

    told = done.stderr.splitlines()[-1]
    assert done.returncode == 5
    assert told.startswith("error: cannot ")
    # Of an apply that may not create Kubernetes 1.30 says no more.
    bare = verb == "create" and told.startswith("error: cannot create Secret ")
    assert f'cannot {verb} resource "{resource}"' in told or (bare and ": Forbidden (403)" in told)
    assert told.endswith("apply the chart's templates/certificates-rbac.yaml")


def test_it_may_touch_nothing_else(installed: Installation) -> None:
    others = installed.names._replace(secret="other")
    installed.api.create(tls_secret(others, pair(installed)))
    job, secrets = installed.api.client(installed.token), installed.secret_path.rpartition("/")[0]
    manifest = tls_secret(installed.names, pair(installed))

    refused = [
        job.request("GET", f"{secrets}/other"),
        job.request("GET", secrets),
        job.request("POST", secrets, manifest),
        job.request("GET", WEBHOOKS),
        job.request("PATCH", f"{WEBHOOKS}/other", {}, MERGE),
        job.request("DELETE", f"{WEBHOOKS}/{installed.name}"),
        job.request("GET", f"/api/v1/namespaces/{installed.namespace}/pods"),
    ]

    assert [answer.status for answer in refused] == [403] * len(refused)


def test_no_answer_is_one_clear_sentence(installed: Installation) -> None:
    command, env = installed.command("--timeout=2")

    done = subprocess.run(
        command, env=env | {"KUBERNETES_SERVICE_PORT": "1"}, capture_output=True, text=True
    )

    assert done.returncode == 5
    assert done.stderr.splitlines()[-1].startswith(
        f"error: cannot get {installed.names.webhook_title}: 127.0.0.1:1: Connection refused"
    )
