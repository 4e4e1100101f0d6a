"""A container of a stored pod as a local process: what a kubelet would give it, and no more."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.testing.client import Refused
from initsync.testing.podrun import AwsIdentity, run_container
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.initsync.testing.showing_pods import created, mounted, with_namespace, with_program


@pytest.fixture(scope="module")
def api(api: EmbeddedApiServer) -> EmbeddedApiServer:
    return with_namespace(api)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    return with_program(tmp_path)


def shown(api: EmbeddedApiServer, pod: JsonObject, programs: Path, **more: Any) -> JsonObject:
    finished = run_container(api, pod, "init", programs=programs, **more)
    assert finished.exit_code == 0, finished.stderr
    found: JsonObject = json.loads(finished.stdout)
    return found


def test_it_gets_its_own_environment_and_none_of_ours(
    api: EmbeddedApiServer, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "must not be there")
    fields = {
        "POD": "metadata.name",
        "NS": "metadata.namespace",
        "UID": "metadata.uid",
        "TIER": "metadata.labels['tier']",
        "NONE": "metadata.annotations['none']",
        "SA": "spec.serviceAccountName",
        "NODE": "spec.nodeName",
    }
    env = [{"name": "PLAIN", "value": "x"}, {"name": "EMPTY"}]
    env += [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}  # type: ignore[dict-item]
        for name, path in fields.items()
    ]
    pod = created(api, {"env": env})

    found = shown(api, pod, programs)["env"]

    found.pop("LC_CTYPE", None)  # Python's own doing where no locale is set (PEP 538)
    assert found == {
        "HOSTNAME": pod["metadata"]["name"],
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": api.url.rpartition(":")[2],
        "PLAIN": "x",
        "EMPTY": "",
        "POD": pod["metadata"]["name"],
        "NS": "shop",
        "UID": pod["metadata"]["uid"],
        "TIER": "front",
        "NONE": "",
        "SA": "app",
        "NODE": "node-1",
    }


def our_volumes() -> list[dict[str, Any]]:
    """`podinfo` and `own-token`."""
    items = [
        {
            "path": "secret-sync",
            "fieldRef": {"fieldPath": f"metadata.annotations['{keys.ANNOTATION}']"},
        },
        {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}},
    ]
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 600}},
        {
            "configMap": {
                "name": "kube-root-ca.crt",
                "items": [{"key": "ca.crt", "path": "ca.crt"}],
            }
        },
        {
            "downwardAPI": {
                "items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]
            }
        },
    ]
    return [
        {"name": "podinfo", "downwardAPI": {"items": items}},
        {"name": "own-token", "projected": {"sources": sources}},
    ]


def test_jasms_two_mounts_are_where_its_variables_say(
    api: EmbeddedApiServer, programs: Path
) -> None:
    text = "provider: mock\npath: 'é'\n"
    mounts = [
        {"name": "podinfo", "mountPath": keys.PODINFO_DIR},
        {"name": "own-token", "mountPath": keys.SERVICEACCOUNT_DIR},
    ]
    pod = created(api, {"volumeMounts": mounts}, our_volumes(), {keys.ANNOTATION: text})

    files = shown(api, pod, programs)["files"]

    assert files["JASM_PODINFO_DIR/secret-sync"] == text
    assert files["JASM_PODINFO_DIR/name"] == pod["metadata"]["name"]
    assert files["JASM_SERVICEACCOUNT_DIR/namespace"] == "shop"
    assert files["JASM_SERVICEACCOUNT_DIR/ca.crt"] == Path(api.ca_file).read_text()
    token = files["JASM_SERVICEACCOUNT_DIR/token"]
    answer = api.client(token).request("GET", "/api/v1/namespaces/shop/secrets/none")
    assert "system:serviceaccount:shop:app" in answer.body["message"]


def test_values_below_a_mount_path_are_translated(api: EmbeddedApiServer, programs: Path) -> None:
    data = {"one.txt": "1", "two.txt": "2"}
    api.apply(manifests.config_map("shop", "files", data))
    env = [
        {"name": "DIR", "value": "/etc/files"},
        {"name": "BELOW", "value": "/etc/files/one.txt"},
        {"name": "BESIDE", "value": "/etc/files-of-others"},
    ]
    volume = {"name": "v", "configMap": {"name": "files"}}
    pod = created(api, {"env": env, **mounted("v", "/etc/files")}, [volume])

    found = shown(api, pod, programs)

    assert found["env"]["BELOW"] == found["env"]["DIR"] + "/one.txt"
    assert found["env"]["BESIDE"] == "/etc/files-of-others"
    visible = {name: text for name, text in found["files"].items() if "/.." not in name}
    assert visible == {"DIR/one.txt": "1", "DIR/two.txt": "2"}


def test_items_choose_and_rename_keys(api: EmbeddedApiServer, programs: Path) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "chosen", "namespace": "shop"},
        "stringData": {"a": "1", "b": "2"},
    }
    api.create(secret)
    source = {"secretName": "chosen", "items": [{"key": "b", "path": "sub/renamed"}]}
    volume = {"name": "v", "secret": source}
    container = {"env": [{"name": "DIR", "value": "/v"}], **mounted("v", "/v")}

    files = shown(api, created(api, container, [volume]), programs)["files"]

    assert files["DIR/sub/renamed"] == "2"
    assert "DIR/a" not in files


def test_a_missing_secret_stops_the_pod_unless_it_is_optional(
    api: EmbeddedApiServer, programs: Path
) -> None:
    source: JsonObject = {"secretName": "none"}
    container = mounted("v", "/v")
    pod = created(api, container, [{"name": "v", "secret": source}])
    optional = created(api, container, [{"name": "v", "secret": source | {"optional": True}}])

    with pytest.raises(Refused, match='secrets "none" not found'):
        run_container(api, pod, "init", programs=programs)
    assert run_container(api, optional, "init", programs=programs).exit_code == 0


def test_the_cloud_identity_is_as_the_eks_webhook_gives_it(
    api: EmbeddedApiServer, programs: Path
) -> None:
    aws = AwsIdentity("arn:aws:iam::123456789012:role/app", "eu-central-1", "http://127.0.0.1:1")

    env = shown(api, created(api, {}), programs, aws=aws)["env"]

    assert env["AWS_ROLE_ARN"] == aws.role_arn
    assert env["AWS_REGION"] == env["AWS_DEFAULT_REGION"] == "eu-central-1"
    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert env["AWS_WEB_IDENTITY_TOKEN_FILE"].endswith("/token")


def test_the_web_identity_token_is_not_for_the_cluster(
    api: EmbeddedApiServer, programs: Path
) -> None:
    (programs / "cat").write_text(
        f"#!{sys.executable} -IS\nimport os\n"
        'print(open(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]).read())\n'
    )
    (programs / "cat").chmod(0o755)
    pod = created(api, {"command": ["cat"]})

    finished = run_container(api, pod, "init", programs=programs, aws=AwsIdentity("r", "e", "u"))

    token = finished.stdout.strip()
    assert token
    assert api.client(token).request("GET", "/api/v1/namespaces/shop").status == 401
