"""The author of a workload hears at `kubectl apply`, on the real API server, what its pods lack."""

import base64
import json
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from initsync.testing import manifests
from initsync.testing.client import MERGE
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from initsync.words import keys
from initsync.words.model import JsonObject
from tests import programs
from tests.cluster.by_hand import GOOD, subcommand, write_kubeconfig
from tests.cluster.injector_side import Broken, answer, received, review
from tests.cluster.listed import workload

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "deploy/manifests/validatingwebhookconfiguration.yaml"
KINDS = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"]
PATHS = dict.fromkeys(KINDS, "spec.template.metadata.annotations") | {
    "CronJob": "spec.jobTemplate.spec.template.metadata.annotations"
}
BAD = GOOD.replace("secretName", "secretname")
UNKNOWN = (
    f"annotation {keys.ANNOTATION}, line 3: unknown field 'secretname', did you mean 'secretName'?"
)
Apply = Callable[[JsonObject], tuple[int, str]]


@pytest.fixture
def api(real_api: ControlPlane, webhook: Webhook) -> Iterator[ControlPlane]:
    """As it is shipped, with an address of this machine."""
    registered(real_api, webhook.url.replace("/mutate", "/warn"), webhook.ca_pem)
    yield real_api
    real_api.request("DELETE", manifests.path(yaml.safe_load(SHIPPED.read_text())))
    real_api.await_webhooks()


def registered(api: ControlPlane, url: str, ca_pem: str) -> None:
    shipped = yaml.safe_load(SHIPPED.read_text())
    bundle = base64.b64encode(ca_pem.encode()).decode()
    for entry in shipped["webhooks"]:
        entry["clientConfig"] = {"url": url, "caBundle": bundle}
    api.apply(shipped)
    api.await_webhooks()


@pytest.fixture
def config(api: ControlPlane, namespace: str, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "config", api, namespace)


@pytest.fixture
def apply(config: Path, tmp_path: Path) -> Apply:
    """By the real kubectl: its exit code, and what it writes to standard error."""
    program = programs.of(programs.KUBECTL)

    def run(found: JsonObject) -> tuple[int, str]:
        file = tmp_path / "manifest.yaml"
        file.write_text(yaml.safe_dump(found))
        command = [str(program), f"--kubeconfig={config}", "--context=test"]
        command.append(f"--cache-dir={tmp_path}")
        done = subprocess.run([*command, "apply", f"-f={file}"], capture_output=True, text=True)
        return done.returncode, done.stderr

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_kubectl_apply_says_what_is_wrong_and_applies_it(
    apply: Apply, namespace: str, kind: str
) -> None:
    misplaced = apply(workload(kind, namespace, None, **{keys.ANNOTATION: GOOD}))
    invalid = apply(workload(kind, namespace, BAD) | {"metadata": named(namespace, "other")})

    assert misplaced == (
        0,
        f"Warning: annotation {keys.ANNOTATION}: is on the {kind} and not on its pods: move it to "
        f"{PATHS[kind]}\n",
    )
    assert invalid == (0, f"Warning: {UNKNOWN}\n")


def named(namespace: str, name: str) -> JsonObject:
    return {"name": name, "namespace": namespace}


def test_a_change_for_the_worse_is_heard_and_no_change_is_not(apply: Apply, namespace: str) -> None:
    first = apply(workload("Deployment", namespace, GOOD))
    worse = apply(workload("Deployment", namespace, BAD))
    same = apply(workload("Deployment", namespace, BAD))

    assert (first, same) == ((0, ""), (0, ""))
    assert worse == (0, f"Warning: {UNKNOWN}\n")


def asked(api: ControlPlane, webhook: Webhook, found: JsonObject, change: JsonObject) -> int:
    """How many reviews that change of a stored workload costs."""
    api.create(found)
    before = webhook.calls()
    assert api.request("PATCH", manifests.path(found), change, MERGE).status == 200
    return webhook.calls() - before


def test_what_is_not_about_its_secret_is_not_reviewed(
    api: ControlPlane, webhook: Webhook, namespace: str
) -> None:
    found = workload("Deployment", namespace, BAD)
    plain = workload("Deployment", namespace, None) | {"metadata": named(namespace, "plain")}
    by_controller = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}}}
    before = webhook.calls()

    api.create(plain)

    assert webhook.calls() == before
    assert asked(api, webhook, found, by_controller) == 0


def test_of_what_a_controller_makes_nobody_is_told(
    api: ControlPlane, webhook: Webhook, namespace: str
) -> None:
    owner = api.create(workload("CronJob", namespace, GOOD))
    job = workload("Job", namespace, BAD)
    reference = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "web", "controller": True}
    job["metadata"]["ownerReferences"] = [reference | {"uid": owner["metadata"]["uid"]}]
    before = webhook.calls()

    api.create(job)

    assert webhook.calls() == before


def test_a_namespace_that_opts_out_is_left_alone(
    api: ControlPlane, apply: Apply, namespace: str
) -> None:
    api.apply(manifests.namespace(namespace, {keys.NAMESPACE_LABEL: "disabled"}))

    assert apply(workload("Deployment", namespace, BAD)) == (0, "")


def test_an_injector_that_is_down_costs_nobody_more_than_a_moment(
    api: ControlPlane, apply: Apply, namespace: str, webhook: Webhook
) -> None:
    registered(api, "https://127.0.0.1:1/warn", webhook.ca_pem)

    assert apply(workload("Deployment", namespace, BAD)) == (0, "")


@pytest.mark.parametrize("kind", KINDS)
def test_list_missed_and_doctor_find_workloads_whose_pods_lack_what_they_have(
    api: ControlPlane, config: Path, namespace: str, kind: str
) -> None:
    api.create(workload(kind, namespace, None, **{keys.ANNOTATION: GOOD}))

    listed = subcommand(config, "list", "--missed", "-n", namespace)
    examined = subcommand(config, "doctor", "-n", namespace)

    why = f"the annotation is on the {kind} and not on its pods: move it to {PATHS[kind]}"
    (line,) = listed.stdout.splitlines()
    assert listed.returncode == 0
    assert line.startswith(f"{namespace}/{kind}/web, created 20")
    assert line.endswith(f": {why}")
    assert f"failed  workloads: {kind}/web: {why}" in examined.stdout.splitlines()


def test_one_whose_pods_have_it_too_and_a_controllers_copy_are_no_finding(
    api: ControlPlane, config: Path, namespace: str
) -> None:
    api.create(workload("Deployment", namespace, GOOD, **{keys.ANNOTATION: GOOD}))
    copied = workload("ReplicaSet", namespace, None, **{keys.ANNOTATION: GOOD})
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u"}
    copied["metadata"] |= {"name": "web-5d", "ownerReferences": [owner]}
    api.create(copied)

    assert subcommand(config, "list", "--missed", "-n", namespace).stdout == ""


def test_kinds_that_may_not_be_read_are_told(
    api: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    api.create_service_account(namespace, "person")
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    api.allow(namespace, "person", rules)
    user = {"token": api.create_token(namespace, "person")}
    config = write_kubeconfig(tmp_path / "person", api, namespace, user)

    done = subcommand(config, "list", "--missed", "-n", namespace)

    assert done.returncode == 0
    assert (
        "warning: deployments.apps were not read: it needs `list` on deployments.apps in "
        f"namespace {namespace}"
    ) in done.stderr.splitlines()


def answering_all(**response: Any) -> Callable[[ssl.SSLSocket], None]:
    def handle(client: ssl.SSLSocket) -> None:
        uid = json.loads(received(client))["request"]["uid"]
        answer(client, "200 OK", review(uid, **response))

    return handle


@pytest.mark.threat("The injector is compromised")
def test_a_compromised_injector_may_refuse_a_workload_and_not_change_it(
    api: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    operations = [{"op": "add", "path": "/spec/replicas", "value": 9}]
    patch = base64.b64encode(json.dumps(operations).encode()).decode()
    found = workload("Deployment", namespace, GOOD)
    target = f"{manifests.collection(found)}?dryRun=All"

    with Broken(tmp_path, answering_all(patch=patch, patchType="JSONPatch")) as server:
        registered(api, server.url, server.authority.pem)
        changed = api.request("POST", target, found)
    other = tmp_path / "other"
    other.mkdir()
    with Broken(other, answering_all(allowed=False)) as server:
        registered(api, server.url, server.authority.pem)
        refused = api.request("POST", target, found)

    assert (changed.status, changed.body["spec"]["replicas"]) == (201, 0)
    assert refused.status == 400
    assert "denied the request" in refused.body["message"]
