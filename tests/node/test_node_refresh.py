"""Secrets that no pod of an app syncs: a Job's and a CronJob's pod does, on a real kubelet.

The app's ServiceAccount has no rights at all; all is as `initsync manifest` prints it.
"""

import json
from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from initsync import __version__
from initsync.inventory.outdated import outdated
from initsync.testing.aws import AwsServer
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.chart.helm import REGISTRY
from tests.full import only_in_full
from tests.initsync.cli.manifest_command import run
from tests.node.node import Node
from tests.node.team import LABELS, SHOW_ENV, Team, digest, with_role
from tests.node.test_node_env import ENV_FROM, MOUNTED, secret
from tests.node.waiting import until

ROTATED = "pl4nted-rotated"
SHOWS_BOTH = f"while :; do {SHOW_ENV}; sha256sum </creds/password; sleep 1; done"
TLS = {"tls.crt": "pl4nted-certificate", "tls.key": "pl4nted-key"}
PULL = json.dumps({"auths": {"registry.example": {"auth": "cGw0bnRlZA=="}}})


@pytest.fixture
def bare(injected: Node, aws: AwsServer) -> Team:
    """A team whose own ServiceAccount may nothing."""
    created = Team(injected.api, aws, role=False)
    created.put_secret()
    return created


def applied(team: Team, *options: str, stdin: str) -> None:
    """What the command prints, and what AWS's webhook adds to its pods."""
    image = f"--image={REGISTRY}/jasm/init:{__version__}"
    env = [f"--env=AWS_ENDPOINT_URL={team.aws.url}"]
    code, out, said = run(image, *env, "-n", team.namespace, *options, stdin=stdin)
    assert code == 0, said
    for one in yaml.safe_load_all(out):
        if one["kind"] in ("Job", "CronJob"):
            job = one["spec"].get("jobTemplate", one)
            with_role(job["spec"]["template"], team.aws)
        team.api.apply(one)


def await_success(team: Team, job: str) -> None:
    def ended() -> Any:
        return team.get("Job", "batch/v1", job).get("status") or {}

    until(lambda: bool(ended().get("succeeded") or ended().get("failed")), f"Job {job} has ended")
    assert ended().get("succeeded") == 1, log(team, job)


def log(team: Team, job: str) -> str:
    (pod, *_) = team.pods(**{"job-name": job})
    return team.log(pod["metadata"]["name"], keys.CONTAINER)


def entry(team: Team, name: str, form: str) -> str:
    where = f"provider: aws-secretsmanager, path: {team.namespace}/{name}, secretName: {name}"
    return f"- {{{where}, {form}}}\n"


def test_a_job_makes_a_certificate_and_a_pull_secret(bare: Team, aws: AwsServer) -> None:
    aws.put_secret(f"{bare.namespace}/tls", TLS)
    aws.put_secret(f"{bare.namespace}/pull", PULL)
    tls = entry(bare, "tls", "type: kubernetes.io/tls")
    docker = "format: text, keys: [.dockerconfigjson], type: kubernetes.io/dockerconfigjson"
    text = f"secrets:\n{tls}{entry(bare, 'pull', docker)}"

    applied(bare, "--job", "--annotation", "-", stdin=text)
    await_success(bare, "jasm-sync-default")

    made = {name: bare.get("Secret", "v1", name) for name in ("tls", "pull")}
    assert {name: (it["type"], {*it["data"]}) for name, it in made.items()} == {
        "tls": ("kubernetes.io/tls", {*TLS}),
        "pull": ("kubernetes.io/dockerconfigjson", {".dockerconfigjson"}),
    }
    (pod,) = bare.pods(**{"job-name": "jasm-sync-default"})
    (event,) = [it for it in bare.events(pod["metadata"]["name"]) if it["reason"] == "SecretSynced"]
    assert event["involvedObject"]["fieldPath"] == "spec.containers{jasm-init}"


@only_in_full
def test_a_job_that_cannot_ends_by_itself_and_its_log_says_why(bare: Team) -> None:
    applied(bare, "--job", "--env=JASM_TIMEOUT=1", "--annotation", "-", stdin="""\
provider: aws-secretsmanager
path: /nowhere
secretName: db
""")  # fmt: skip

    pods = {"job-name": "jasm-sync-default"}
    until(lambda: any(failed(it) for it in bare.pods(**pods)), "a pod has failed")

    (status,) = next(it for it in bare.pods(**pods) if failed(it))["status"]["containerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 4
    assert "/nowhere" in status["state"]["terminated"]["message"]


def failed(pod: JsonObject) -> bool:
    return bool(pod["status"].get("phase") == "Failed")


@only_in_full
def test_what_a_cron_job_writes_reaches_files_by_itself_and_variables_by_a_restart(
    bare: Team, injected: Node
) -> None:
    container = {**ENV_FROM, **MOUNTED, "command": ["sh", "-c", SHOWS_BOTH]}
    template = bare.labelled(
        container, {keys.INJECT: "false"}, irsa=False, restartPolicy="Always", **secret()
    )
    selector = {"matchLabels": LABELS}
    spec = {"replicas": 1, "selector": selector, "template": template}
    app = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app"}, "spec": spec}
    applied(bare, "--cronjob", "0 0 1 1 *", "-", stdin=yaml.safe_dump(app))
    turn(injected, bare, "first")
    bare.create("Deployment", "apps/v1", "app", spec=spec)
    until(lambda: shown(bare) == {digest()}, "the app has it, by both ways")

    bare.aws.rotate(bare.path, {"password": ROTATED, "user": "u"})
    turn(injected, bare, "second")

    until(lambda: shown(bare) == {digest(), digest(ROTATED)}, "the file is new, the variable old")
    (pod,) = bare.pods(**LABELS)
    db = bare.get("Secret", "v1", "db")["metadata"]["annotations"][keys.SYNCED_AT]
    (old,) = outdated([pod], {(bare.namespace, "db"): db})
    assert (old.through, old.certain) == (("envFrom", "volume"), True)
    injected.kubectl("rollout", "restart", "deployment/app", "--namespace", bare.namespace)
    until(lambda: shown(bare) == {digest(ROTATED)}, "the new pod has nothing else")


def turn(node: Node, team: Team, name: str) -> None:
    """Run the CronJob's Job now, as on call does."""
    source = "--from=cronjob/jasm-sync-app"
    node.kubectl("create", "job", name, source, "--namespace", team.namespace)
    await_success(team, name)


def shown(team: Team) -> set[str]:
    """What the newest pod printed last, by both ways."""
    pods: Iterable[JsonObject] = team.pods(**LABELS)
    running = [it for it in pods if it["status"].get("phase") == "Running"]
    newest = max(running, key=lambda it: it["metadata"]["creationTimestamp"], default=None)
    return set(team.shown(newest["metadata"]["name"])[-2:]) if newest else set()
