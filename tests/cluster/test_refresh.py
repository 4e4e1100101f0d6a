"""What `initsync manifest --cronjob` prints, applied to a real API server and run as its pod."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from initsync.testing import manifests
from initsync.words.model import JsonObject
from tests.cluster.by_hand import subcommand, write_kubeconfig
from tests.cluster.shop import Shop
from tests.initsync.cli.manifest_command import DEPLOYMENT
from tests.initsync.cli.manifest_command import run as manifest


@pytest.fixture
def shop(real_shop: Shop) -> Shop:
    return real_shop


def printed(shop: Shop, *options: str) -> list[JsonObject]:
    """For a Deployment whose pods ask for the shop's secret."""
    text = DEPLOYMENT.replace("/prod/db", shop.path).replace("shop", shop.namespace, 2)
    code, out, _ = manifest(*options, "-", stdin=text)
    assert code == 0
    return list(yaml.safe_load_all(out))


def pod_of(shop: Shop, job: Any) -> JsonObject:
    """As the Job's controller makes it."""
    template = job["spec"]["jobTemplate"]["spec"]["template"]
    metadata = {**template["metadata"], "name": "jasm-sync-default-1", "namespace": shop.namespace}
    return shop.api.create({"apiVersion": "v1", "kind": "Pod", **template, "metadata": metadata})


def test_its_pod_syncs_as_an_account_of_its_own_and_is_known_for_what_it_is(
    shop: Shop, tmp_path: Path
) -> None:
    objects = printed(shop, "--cronjob", "*/5 * * * *")
    for one in objects:
        shop.api.apply(one)

    pod = pod_of(shop, objects[-1])
    ended = shop.run(pod)

    assert ended.exit_code == 0, ended.stderr
    assert shop.values()["password"] == "pl4nted-one"
    assert "initContainers" not in pod["spec"], "the injector leaves it alone"
    (event,) = shop.events(pod)
    assert event["involvedObject"]["fieldPath"] == "spec.containers{jasm-init}"
    config = write_kubeconfig(tmp_path / "config", shop.api, shop.namespace)
    within = ("-n", shop.namespace, "-o", "json")
    assert users(config, *within) == {
        ("CronJob", "jasm-sync-default", ("annotation",)),
        ("Pod", "jasm-sync-default-1", ("annotation",)),
    }
    assert json.loads(subcommand(config, "list", "--missed", *within).stdout) == []
    checks = json.loads(
        subcommand(config, "doctor", "--pod", "jasm-sync-default-1", *within).stdout
    )["checks"]
    said = {it["check"]: (it["status"], it["message"]) for it in checks}
    assert said["annotation"] == ("ok", "valid")
    assert said["injection"] == ("ok", "jasm-init is in the pod, by hand")
    assert said["rights"][0] == said["secret"][0] == "ok"


def users(config: Path, *within: str) -> set[tuple[str, str, tuple[str, ...]]]:
    (found,) = json.loads(subcommand(config, "list", *within).stdout)["secrets"]
    return {(it["kind"], it["name"], tuple(it["through"])) for it in found["users"]}


@pytest.mark.parametrize("option", [["--cronjob", "@daily"], ["--job"]], ids=["cronjob", "job"])
def test_the_api_server_takes_every_field_of_it(shop: Shop, option: list[str]) -> None:
    for one in printed(shop, *option):
        path = f"{manifests.collection(one)}?dryRun=All&fieldValidation=Strict"
        answer = shop.api.request("POST", path, one)

        assert answer.status == 201, answer.body.get("message")


@pytest.mark.parametrize("schedule", ["* * * *", "TZ=UTC 0 3 * * *", "CRON_TZ=UTC 0 3 * * *"])
def test_what_is_refused_of_schedules_the_api_server_refuses(shop: Shop, schedule: str) -> None:
    job = printed(shop, "--cronjob", "* * * * *")[-1]
    job["spec"]["schedule"] = schedule

    answer = shop.api.request("POST", f"{manifests.collection(job)}?dryRun=All", job)

    assert (answer.status, manifest("--cronjob", schedule, "-", stdin=DEPLOYMENT)[0]) == (422, 2)
