"""A pod that mounts the Secret which its own init container is to make (D25)."""

from pathlib import Path

from initsync.testing.podrun import AwsIdentity, Finished, run_container
from initsync.words.model import JsonObject
from tests.cluster.shop import Shop


def mounting(shop: Shop) -> JsonObject:
    """The kubelet's part is played by `run_container`; `tests/node` has the real one."""
    return shop.pod(
        "web-1",
        containers=[
            {
                "name": "app",
                "image": "busybox:1.37",
                "volumeMounts": [{"name": "db", "mountPath": "/db"}],
            }
        ],
        volumes=[
            {
                "name": "db",
                "secret": {"secretName": "db", "items": [{"key": "user", "path": "who/user"}]},
            }
        ],
    )


def run(shop: Shop, pod: JsonObject, name: str, shared: Path) -> Finished:
    identity = AwsIdentity(shop.aws.role_arn("app"), shop.aws.region, shop.aws.url)
    env = {"JASM_TIMEOUT": "2"}
    return run_container(shop.api, pod, name, aws=identity, env=env, empty_dirs=shared)


def test_the_waiter_comes_next_and_ends_once_the_keys_are_shown(shop: Shop, tmp_path: Path) -> None:
    pod = mounting(shop)

    names = [container["name"] for container in pod["spec"]["initContainers"]]
    init, waited = (run(shop, pod, name, tmp_path) for name in names)

    assert names == ["jasm-init", "jasm-wait"]
    assert pod["spec"]["volumes"][0]["secret"]["optional"] is True
    assert (init.exit_code, waited.exit_code, waited.stderr) == (0, 0, "")
    assert waited.cpu_seconds < init.cpu_seconds


def test_the_waiter_does_not_end_while_the_keys_are_not_there(shop: Shop, tmp_path: Path) -> None:
    pod = mounting(shop)
    run(shop, pod, "jasm-init", tmp_path)
    shop.api.request("DELETE", f"/api/v1/namespaces/{shop.namespace}/secrets/db")

    waited = run(shop, pod, "jasm-wait", tmp_path)

    assert waited.exit_code == 5
    assert "the kubelet has not shown" in waited.stderr
