"""What `initsync policy` prints, applied to an API server: it lets the sync through, no more."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.kube import rbac
from initsync.testing import manifests
from initsync.testing.client import JSON
from initsync.testing.server import ApiServer
from initsync.words import keys
from tests.cluster.by_hand import Way, as_process, in_process, subcommand, write_kubeconfig
from tests.cluster.shop import Shop

ACCOUNT = ("--account=123456789012", "--region=eu-central-1")


@pytest.fixture
def kubeconfig(api: ApiServer, namespace: str, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "config", api, namespace)


def policy(kubeconfig: Path, *options: str, way: Way = in_process) -> tuple[int, str, str]:
    ended = subcommand(kubeconfig, "policy", *options, way=way)
    return ended.returncode, ended.stdout, ended.stderr


def test_the_printed_role_lets_the_sync_of_the_pods_there_through_and_no_other(
    shop: Shop, kubeconfig: Path
) -> None:
    api, namespace = shop.api, shop.namespace
    user = api.create_service_account(namespace, "printed")
    pod = shop.pod("web-1", serviceAccountName="printed")
    assert shop.run(pod).exit_code == 5

    code, text, said = policy(kubeconfig, "-n", namespace, "-o", "kubernetes", way=as_process)
    assert (code, said) == (0, "")
    for document in yaml.safe_load_all(text):
        api.create(document)
    for resource, name in {"secrets": "db", "events": ""}.items():
        api.await_access(user, namespace, "create", resource, name)

    ended = shop.run(pod)
    assert ended.exit_code == 0, ended.stderr
    assert "Secret db created with 3 keys" in ended.stderr
    assert len(shop.events(pod)) >= 1
    allowed = answers(api.client(api.create_token(namespace, "printed")), namespace)
    assert {name for name, status in allowed.items() if status < 300} == {"get db"}


_KINDS = {"PATCH": "application/apply-patch+yaml"}


def answers(client: Any, namespace: str) -> dict[str, int]:
    """By what was tried the status."""
    root = f"/api/v1/namespaces/{namespace}"
    empty = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "other"}}
    apply = "secrets/other?fieldManager=jasm&force=true"
    tried = {
        "get db": ("GET", "secrets/db", None),
        "get other": ("GET", "secrets/other", None),
        "list": ("GET", "secrets", None),
        "create other": ("POST", "secrets", empty),
        "apply other": ("PATCH", apply, empty),
        "delete db": ("DELETE", "secrets/db", None),
        "list events": ("GET", "events", None),
        "get pods": ("GET", "pods", None),
    }
    return {
        name: client.request(method, f"{root}/{target}", body, _KINDS.get(method, JSON)).status
        for name, (method, target, body) in tried.items()
    }


def test_the_pods_of_a_namespace_give_the_same_as_their_manifests(
    shop: Shop, kubeconfig: Path, tmp_path: Path
) -> None:
    pods = [shop.pod("web-1"), shop.pod("web-2")]
    shop.api.create(manifests.pod(shop.namespace, "plain"))
    file = tmp_path / "pods.yaml"
    file.write_text(yaml.safe_dump_all({"kind": "Pod"} | pod for pod in pods))

    live = policy(kubeconfig, *ACCOUNT, "-n", shop.namespace, "-o", "json")
    ended = of_file(file)

    assert live[0] == 0, live
    assert json.loads(live[1]) == ended
    (found,) = ended["serviceAccounts"]
    assert found["serviceAccount"] == "app"
    assert [secret["path"] for secret in found["secrets"]] == [shop.path]


def of_file(file: Path) -> Any:
    result = CliRunner().invoke(main, ["policy", *ACCOUNT, "-o", "json", str(file)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_invalid_annotation_of_many_pods_is_told_once_and_nothing_is_printed(
    api: ApiServer, namespace: str, kubeconfig: Path
) -> None:
    for name in ("web-1", "web-2"):
        annotations = {keys.ANNOTATION: "provider: vault", keys.INJECT: "false"}
        api.create(manifests.pod(namespace, name, annotations))

    code, out, said = policy(kubeconfig, *ACCOUNT, "-n", namespace)

    assert (code, out) == (3, "")
    assert said.splitlines()[0].startswith(f"Pod {namespace}/web-1: annotation {keys.ANNOTATION}")
    assert len(said.splitlines()) == 1


def test_a_neighbours_invalid_annotation_does_not_keep_the_others_from_their_role(
    shop: Shop, kubeconfig: Path
) -> None:
    """As `initsync doctor` advises it: it was nothing, for whoever had that neighbour."""
    namespace = shop.namespace
    shop.api.create_service_account(namespace, "printed")
    shop.pod("web-1", serviceAccountName="printed")
    broken = {keys.ANNOTATION: "provider: vault", keys.INJECT: "false"}
    shop.api.create(manifests.pod(namespace, "neighbour", broken))

    code, text, said = policy(kubeconfig, "-n", namespace, "-o", "kubernetes")

    assert code == 3
    (warning,) = said.splitlines()
    assert warning.startswith(f"warning: left out: Pod {namespace}/neighbour: annotation ")
    role, binding = yaml.safe_load_all(text)
    assert role["rules"] == rbac.rules("db")
    assert binding["subjects"][0]["name"] == "printed"


def test_who_may_not_list_pods_is_told_what_it_needs(
    api: ApiServer, namespace: str, tmp_path: Path
) -> None:
    api.create_service_account(namespace, "nobody")
    token = api.create_token(namespace, "nobody")
    kubeconfig = write_kubeconfig(tmp_path / "nobody", api, namespace, {"token": token})

    code, out, said = policy(kubeconfig, *ACCOUNT, "-n", namespace)

    assert (code, out) == (5, "")
    assert f"it needs `list` on pods in namespace {namespace}" in said
