"""A pod in sidecar mode, from its annotation to its end: injected, started, edited, ended."""

from initsync.testing.podrun import AwsIdentity
from initsync.testing.podstart import started_pod
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.shop import Shop
from tests.polling import until

JSON = "application/merge-patch+json"


def edited(shop: Shop, pod: JsonObject, **annotations: str) -> JsonObject:
    path = f"/api/v1/namespaces/{shop.namespace}/pods/{pod['metadata']['name']}"
    change = {"metadata": {"annotations": annotations}}
    answer = shop.api.request("PATCH", path, change, JSON)
    assert answer.status == 200, answer.body["message"]
    found: JsonObject = answer.body
    return found


def test_it_syncs_before_the_app_starts_and_again_after_an_edit(shop: Shop) -> None:
    volume = {"name": "creds", "secret": {"secretName": "db", "optional": True}}
    pod = shop.pod("web-1", annotations={keys.MODE: "sidecar"}, volumes=[volume])
    identity = AwsIdentity(shop.aws.role_arn("app"), shop.aws.region, shop.aws.url)

    with started_pod(shop.api, pod, aws=identity) as started:
        assert shop.values()["password"] == "pl4nted-one"
        assert started.finished["jasm-wait"].exit_code == 0
        shop.aws.rotate(shop.path, {"password": "pl4nted-two"})
        started.running["jasm-init"].update(edited(shop, pod, **{keys.REFRESH_INTERVAL: "1h"}))
        until(lambda: shop.values() == {"password": "pl4nted-two"})
        until(lambda: len(shop.events(pod)) == 2)
        until(lambda: "updated" in started.running["jasm-init"].process.stderr())

    ended = started.finished["jasm-init"]
    assert ended.exit_code == 0
    assert [line.split()[2] for line in ended.stderr.splitlines()] == [
        "created",
        "updated",
        "SIGTERM",
    ]
    assert "pl4nted" not in ended.stdout + ended.stderr
    assert {event["reason"] for event in shop.events(pod)} == {"SecretSynced"}
