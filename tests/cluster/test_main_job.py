"""The main job, no step skipped: an annotated pod in, a Secret and an Event out.

On the embedded API and on the real one: create the pod, read what was stored, run the injected
container's own command, environment and files as a process, look at Secret and Event.
"""

from pathlib import Path

import pytest
import yaml

from initsync.testing import manifests
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests.cluster.shop import Shop

BY_HAND = Path(__file__).parent.parent.parent / "deploy/examples/2-by-hand-in-the-pod.yaml"
ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret"
SYNC = {("get", "secrets"): 1, ("create", "events"): 1}


def test_an_annotated_pod_gets_its_secret_and_an_event(shop: Shop) -> None:
    pod = shop.pod("web-1")

    ended = shop.run(pod)

    version = shop.secret()["metadata"]["annotations"][keys.VERSION]
    said = f"Secret db created with 3 keys from aws-secretsmanager {shop.path} (version {version})"
    assert (ended.exit_code, ended.stderr) == (0, f"{said}\n")
    assert shop.values() == {"user": "u", "password": "pl4nted-one", "port": "5432"}
    stored = shop.secret()
    assert stored["type"] == "Opaque"
    assert stored["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "caronte",
        "jasm.codnod.io/provider": "aws-secretsmanager",
    }
    assert stored["metadata"]["annotations"]["jasm.codnod.io/source-path"] == shop.path
    assert {entry["manager"] for entry in stored["metadata"]["managedFields"]} == {"jasm"}
    (event,) = shop.events(pod)
    assert (event["type"], event["reason"], event["message"]) == ("Normal", "SecretSynced", said)
    assert event["involvedObject"]["fieldPath"] == "spec.initContainers{jasm-init}"
    assert event["source"] == {"component": "jasm-init", "host": "node-1"}


def test_the_requests_of_a_first_and_of_a_second_sync(shop: Shop) -> None:
    aws_before, first, second = shop.aws.calls(), shop.pod("web-1"), shop.pod("web-2")

    shop.run(first)
    after_first, aws_first = shop.calls(), shop.aws.calls()
    shop.run(second)
    after_second, aws_second = shop.calls(), shop.aws.calls()

    each = {"AssumeRoleWithWebIdentity": 1, "GetSecretValue": 1}
    assert after_first == SYNC | {("patch", "secrets"): 1}
    assert after_second - after_first == SYNC
    assert aws_first - aws_before == each
    assert aws_second - aws_first == each


@pytest.mark.threat("The injector is compromised")
def test_the_webhook_is_called_once_for_an_annotated_pod_and_never_for_another(
    shop: Shop, webhook: Webhook
) -> None:
    before = webhook.calls()
    shop.pod("web-1")
    for_annotated = webhook.calls() - before

    shop.api.create(manifests.pod(shop.namespace, "plain"))
    out = manifests.pod(shop.namespace, "out", {keys.ANNOTATION: "x: y", keys.INJECT: "false"})
    shop.api.create(out)

    assert (for_annotated, webhook.calls() - before) == (1, 1)


def test_a_rotated_secret_is_written_over_the_old_one(shop: Shop) -> None:
    shop.run(shop.pod("web-1"))
    first = shop.secret()["metadata"]["annotations"][keys.VERSION]
    shop.aws.rotate(shop.path, {"user": "u", "password": "pl4nted-two"})

    ended = shop.run(shop.pod("web-2"), JASM_SETTLE="0")

    assert "updated with 2 keys" in ended.stderr
    assert shop.values() == {"user": "u", "password": "pl4nted-two"}
    second = shop.secret()["metadata"]["annotations"][keys.VERSION]
    assert len({"", first, second}) == 3


def test_labels_and_annotations_of_others_survive_and_their_keys_do_not(shop: Shop) -> None:
    shop.run(shop.pod("web-1"))
    target = f"/api/v1/namespaces/{shop.namespace}/secrets/db?fieldManager=other"
    theirs = {
        "metadata": {"labels": {"team": "shop"}, "annotations": {"note": "x"}},
        "data": {"extra": "eA=="},
    }
    patched = shop.api.request("PATCH", target, theirs, "application/merge-patch+json")
    assert patched.status == 200

    ended = shop.run(shop.pod("web-2"), JASM_SETTLE="0")

    assert "updated with 3 keys" in ended.stderr
    assert sorted(shop.values()) == ["password", "port", "user"]
    assert shop.secret()["metadata"]["labels"]["team"] == "shop"
    assert shop.secret()["metadata"]["annotations"]["note"] == "x"


@pytest.mark.threat("An annotation is malicious")
def test_a_foreign_secret_is_left_alone_until_it_is_handed_over(shop: Shop) -> None:
    foreign = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": shop.namespace},
        "data": {"theirs": "eA=="},
    }
    shop.api.create(foreign)
    pod = shop.pod("web-1")

    refused = shop.run(pod)

    assert refused.exit_code == 3
    assert "was not made by JASM and was left as it is" in refused.stderr
    assert shop.events(pod)[0]["reason"] == "SecretNotManaged"
    assert list(shop.values()) == ["theirs"]

    target = f"/api/v1/namespaces/{shop.namespace}/secrets/db"
    adopt = {"metadata": {"annotations": {keys.ADOPT: "true"}}}
    shop.api.request("PATCH", target, adopt, "application/merge-patch+json")
    adopted = shop.run(shop.pod("web-2"), JASM_SETTLE="0")

    assert adopted.exit_code == 0
    assert sorted(shop.values()) == ["password", "port", "user"]


@pytest.mark.parametrize(
    ("change", "exit_code", "reason", "sentence"),
    [
        (("secretName", "secretname"), 3, "InvalidAnnotation", "did you mean 'secretName'?"),
        (("aws-secretsmanager", "conjur"), 3, "UnsupportedProvider", "aws-secretsmanager"),
        (("path: ", f"path: {ARN}:x:"), 3, "InvalidAnnotation", "must be the secret's ARN alone"),
        (("/db\n", "/none\n"), 4, "ExternalSecretNotFound", "in region eu-central-1"),
    ],
)
def test_a_failure_is_one_sentence_as_event_and_last_line(
    shop: Shop, change: tuple[str, str], exit_code: int, reason: str, sentence: str
) -> None:
    text = f"provider: aws-secretsmanager\npath: {shop.path}\nsecretName: db\n"
    pod = shop.pod("web-1", text.replace(*change))

    ended = shop.run(pod)

    (event,) = shop.events(pod)
    assert (ended.exit_code, event["type"], event["reason"]) == (exit_code, "Warning", reason)
    assert sentence in event["message"]
    assert ended.stderr.splitlines()[-1] == f"error: {event['message']}"


def test_a_secret_that_a_service_of_aws_made_is_synced(shop: Shop) -> None:
    name = f"rds!cluster-{shop.namespace}"
    shop.aws.put_secret(name, {"password": "pl4nted-one"})

    ended = shop.run(
        shop.pod("web-1", f"provider: aws-secretsmanager\npath: {name}\nsecretName: db\n")
    )

    assert (ended.exit_code, shop.values()) == (0, {"password": "pl4nted-one"})
    assert shop.secret()["metadata"]["annotations"]["jasm.codnod.io/source-path"] == name


def test_an_empty_annotation_keeps_the_app_from_starting_without_its_secret(shop: Shop) -> None:
    pod = shop.pod("web-1", "")

    ended = shop.run(pod)

    (event,) = shop.events(pod)
    assert (ended.exit_code, event["type"], event["reason"]) == (3, "Warning", "InvalidAnnotation")
    assert "has no text (a Helm value that is not set?)" in event["message"]
    assert ended.stderr == f"error: {event['message']}\n"


def test_a_wrong_variable_of_ours_is_an_event_too(shop: Shop) -> None:
    pod = shop.pod("web-1")

    ended = shop.run(pod, JASM_TIMEOUT="60s")

    (event,) = shop.events(pod)
    assert (ended.exit_code, event["type"], event["reason"]) == (2, "Warning", "InvalidSetup")
    assert event["message"] == "JASM_TIMEOUT is '60s': set it to seconds, such as 60 or 0.5"
    assert ended.stderr == f"error: {event['message']}\n"


def test_a_secret_that_kubernetes_cannot_hold_is_refused_by_its_key(shop: Shop) -> None:
    shop.aws.rotate(shop.path, {"a/b": "pl4nted-value"})

    ended = shop.run(shop.pod("web-1"))

    assert ended.exit_code == 3
    assert "key 'a/b' must consist of letters" in ended.stderr


def test_without_the_role_the_sentence_says_what_to_apply(shop: Shop) -> None:
    shop.api.create_service_account(shop.namespace, "newcomer")

    ended = shop.run(shop.pod("web-1", serviceAccountName="newcomer"))

    assert ended.exit_code == 5
    last = ended.stderr.splitlines()[-1]
    assert f'User "system:serviceaccount:{shop.namespace}:newcomer" cannot get resource' in last
    assert "deploy/manifests/app/role.yaml" in last


def test_the_init_container_written_by_hand_does_the_same(shop: Shop, webhook: Webhook) -> None:
    pod = yaml.safe_load(BY_HAND.read_text())
    pod["metadata"]["namespace"] = shop.namespace
    text = pod["metadata"]["annotations"][keys.ANNOTATION]
    text = text.replace("/prod/codnod/config", shop.path).replace("app-credentials", "db")
    pod["metadata"]["annotations"][keys.ANNOTATION] = text
    reviews = webhook.calls()
    stored = shop.api.create(pod)

    ended = shop.run(stored)

    assert (ended.exit_code, webhook.calls()) == (0, reviews)
    assert sorted(shop.values()) == ["password", "port", "user"]
    assert shop.events(stored)[0]["reason"] == "SecretSynced"


def test_throttling_is_waited_out(shop: Shop) -> None:
    shop.aws.refuse("GetSecretValue", "ThrottlingException", "Rate exceeded", times=1)

    ended = shop.run(shop.pod("web-1"))

    assert ended.exit_code == 0
    assert "ThrottlingException: Rate exceeded" in ended.stderr.splitlines()[0]
    assert "trying again in" in ended.stderr.splitlines()[0]


def test_access_denied_names_the_permission_and_the_role(shop: Shop) -> None:
    shop.aws.refuse("GetSecretValue", "AccessDeniedException", "User: x is not authorized")

    ended = shop.run(shop.pod("web-1"))

    assert ended.exit_code == 4
    assert "secretsmanager:GetSecretValue" in ended.stderr
    assert shop.aws.role_arn("app") in ended.stderr


@pytest.mark.threat("A pod's token is stolen")
def test_the_app_never_sees_the_token(shop: Shop) -> None:
    spec = shop.pod("web-1")["spec"]

    mounts = [mount["name"] for mount in spec["containers"][0].get("volumeMounts", [])]
    assert mounts == []
    assert "jasm-token" in [volume["name"] for volume in spec["volumes"]]


def test_one_sync_stays_within_thirty_megabytes(shop: Shop) -> None:
    assert shop.run(shop.pod("web-1")).peak_rss <= 30_000_000
