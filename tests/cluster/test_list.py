"""`initsync list` as a person meets it: no value is read, rights that lack, and pods missed."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.by_hand import GOOD, as_process, write_kubeconfig
from tests.cluster.clinic import documents
from tests.cluster.listed import run, secret
from tests.polling import until


@pytest.fixture
def api(real_api: ControlPlane) -> ControlPlane:
    return real_api


@pytest.fixture
def config(api: ControlPlane, namespace: str, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "config", api, namespace)


def test_no_secret_value_leaves_the_api_server(
    api: ControlPlane, namespace: str, config: Path
) -> None:
    api.create(secret(namespace, "db") | {"stringData": {"password": "pl4nted" * 2000}})

    code, _, said = run(config, "-n", namespace, "-v", way=as_process)

    (asked,) = (line for line in said.splitlines() if "/secrets?" in line)
    assert code == 0
    assert int(asked.partition("200, ")[2].split()[0]) < 4000, asked


def test_many_secrets_come_page_by_page(api: ControlPlane, namespace: str, config: Path) -> None:
    for number in range(501):
        api.create(secret(namespace, f"db-{number:03}"))

    _, out, said = run(config, "-n", namespace, "-o", "json", "-v")

    assert len(json.loads(out)["secrets"]) == 501
    assert sum("/secrets?" in line for line in said.splitlines()) == 2


READ = [
    {"apiGroups": [""], "resources": ["secrets", "pods"], "verbs": ["list"]},
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]},
]


def person(api: ControlPlane, namespace: str, file: Path, rules: list[JsonObject]) -> Path:
    """The kubeconfig of somebody with these rights."""
    api.create_service_account(namespace, "person")
    api.allow(namespace, "person", rules)
    user = {"token": api.create_token(namespace, "person")}
    return write_kubeconfig(file, api, namespace, user)


def test_what_may_not_be_read_makes_the_answer_incomplete(
    api: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    config = person(api, namespace, tmp_path / "person", READ)
    api.create(secret(namespace, "db"))

    unused, listed = run(config, "-n", namespace, "--unused"), run(config, "-n", namespace)

    warning = (
        "warning: the answer may be incomplete: cronjobs.batch were not read: "
        f"it needs `list` on cronjobs.batch in namespace {namespace}"
    )
    assert warning in unused[2].splitlines()
    assert warning in listed[2].splitlines()
    assert (unused[0], listed[0]) == (5, 0)
    assert f"{namespace}  db" in unused[1]


def test_an_annotation_that_names_no_secret_makes_the_answer_incomplete(
    api: ControlPlane, namespace: str, config: Path
) -> None:
    out = {keys.ANNOTATION: GOOD.replace("secretName: db", "x: y"), keys.INJECT: "false"}
    api.create(manifests.pod(namespace, "web", out))

    code, _, said = run(config, "-n", namespace, "--unused")

    assert code == 5
    assert f"Pod {namespace}/web asks for a Secret, but annotation {keys.ANNOTATION}" in said


def test_a_pod_that_asked_and_was_not_injected_is_found(
    api: ControlPlane, namespace: str, config: Path
) -> None:
    _unregister(api)
    api.create(manifests.pod(namespace, "plain"))
    api.create(manifests.pod(namespace, "missed", {keys.ANNOTATION: GOOD}))
    out = {keys.ANNOTATION: GOOD, keys.INJECT: "false"}
    api.create(manifests.pod(namespace, "out", out))
    served = manifests.pod(namespace, "served", {keys.ANNOTATION: GOOD})
    served["spec"]["initContainers"] = [{"name": keys.CONTAINER, "image": "i"}]
    api.create(served)

    with registered(api):
        code, out_json, _ = run(config, "--missed", "-n", namespace, "-o", "json")

    found = {one["pod"]: one["why"] for one in json.loads(out_json)}
    assert code == 0
    assert found == {
        "missed": "the injector did not see it: delete it, so that it is created again",
        "out": "it opts out (jasm.codnod.io/inject) and has no jasm-init of its own",
    }
    assert f"{namespace}/missed, created 20" in run(config, "--missed")[1]


def test_why_it_was_missed_is_read_off_what_injects_where_that_may_be_read(
    api: ControlPlane, namespace: str, config: Path, tmp_path: Path
) -> None:
    _unregister(api)
    api.create(manifests.pod(namespace, "missed", {keys.ANNOTATION: GOOD}))
    somebody = person(api, namespace, tmp_path / "person", READ)

    def why(config: Path) -> str:
        code, out, _ = run(config, "--missed", "-n", namespace, "-o", "json")
        (one,) = json.loads(out)
        assert code == 0
        return str(one["why"])

    nothing = why(config)
    with registered(api, {"matchLabels": {"team": "x"}}):
        left_out, unknown = why(config), why(somebody)

    assert nothing.startswith("nothing injects pods: install JASM")
    assert left_out == (
        "the namespaceSelector of MutatingWebhookConfiguration jasm-injector leaves out its "
        "namespace: team=x"
    )
    assert unknown == "the injector did not see it: delete it, so that it is created again"


@contextmanager
def registered(api: ControlPlane, namespaces: JsonObject | None = None) -> Iterator[None]:
    """A webhook that nobody serves, for what is asked meanwhile."""
    (hooks,) = documents("mutatingwebhookconfiguration.yaml")
    for entry in hooks["webhooks"]:
        entry["namespaceSelector"] |= namespaces or {}
    api.apply(hooks)
    try:
        yield
    finally:
        _unregister(api)


def _unregister(api: ControlPlane) -> None:
    (hooks,) = documents("mutatingwebhookconfiguration.yaml")
    if api.request("GET", manifests.path(hooks)).status == 200:
        api.unregister_webhook()


@pytest.mark.parametrize(
    ("options", "resource"), [(["--missed"], "pods"), ([], "secrets"), (["--unused"], "secrets")]
)
def test_without_the_right_it_says_which(
    api: ControlPlane, namespace: str, tmp_path: Path, options: list[str], resource: str
) -> None:
    api.create_service_account(namespace, "nobody")
    user = {"token": api.create_token(namespace, "nobody")}
    config = write_kubeconfig(tmp_path / "config", api, namespace, user)

    code, out, said = run(config, *options, "-o", "json")

    assert code == json.loads(out)["exitCode"] == 5
    assert f"cannot list {resource} in the whole cluster: {resource} is forbidden" in said
    assert f"it needs `list` on {resource} in the whole cluster" in said


@contextmanager
def silent() -> Iterator[str]:
    """The URL of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


def test_a_silent_server_is_told_of_and_the_deadline_kept(
    api: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    with silent() as url:
        config = write_kubeconfig(tmp_path / "config", api, namespace, server=url)
        code, _, said = run(config, "--timeout", "4")

    assert code == 5
    assert said.splitlines()[0] == "list Secrets …"
    assert "no answer within" in said.splitlines()[-1]


def test_ctrl_c_ends_it_with_a_line(api: ControlPlane, namespace: str, tmp_path: Path) -> None:
    with silent() as url:
        config = write_kubeconfig(tmp_path / "config", api, namespace, server=url)
        place = [f"--kubeconfig={config}", "--context=test"]
        process = subprocess.Popen(
            [sys.executable, "-m", "initsync", "list", *place],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        lines = [process.stderr.readline()]  # the progress, so it waits
        process.send_signal(signal.SIGINT)
        until(lambda: process.poll() is not None, "it ends")

    lines += process.stderr.readlines()
    process.stderr.close()
    assert process.returncode == 130
    assert lines[-1] == "error: interrupted before the answer was complete\n"
