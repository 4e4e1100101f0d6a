"""How an API server calls a mutating webhook: the embedded one and the real one alike."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from initsync.testing import manifests, pki
from initsync.testing.apiserver.bodies import Reply, Request
from initsync.testing.apiserver.listener import Listener
from initsync.testing.server import ApiServer
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.contract import of_both

pytestmark = of_both
ASKING = {keys.ANNOTATION: "provider: mock"}
CONTAINER = {"name": keys.CONTAINER, "image": "registry.invalid/jasm:1"}
NO_SUCH_PATH = base64.b64encode(b'[{"op": "remove", "path": "/none"}]').decode()


class Webhook:
    """Answers every review with `response`, and keeps the reviews."""

    def __init__(self, directory: Path) -> None:
        authority = pki.Authority(directory)
        serving = authority.serving("webhook")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(serving.certificate, serving.key)
        self.ca_pem = authority.pem
        self.response: JsonObject = {"allowed": True}
        self.status = 200
        self.reviews: list[JsonObject] = []
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self.listener = Listener(tls, self._reply)
        self.url = f"https://127.0.0.1:{self.listener.port}/mutate"

    def inject(self) -> None:
        """Answer with a patch that adds an init container."""
        patch = [{"op": "add", "path": "/spec/initContainers", "value": [CONTAINER]}]
        encoded = base64.b64encode(json.dumps(patch).encode()).decode()
        self.response = {"allowed": True, "patchType": "JSONPatch", "patch": encoded}

    def _reply(self, request: Request) -> Reply:
        review = json.loads(request.body)
        with self._lock:
            self.reviews.append(review["request"])
            self.requests.append(request)
        answer = {"uid": review["request"]["uid"], **self.response}
        body = {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": answer}
        return Reply(self.status, body, [])


@pytest.fixture
def webhook(api: ApiServer, tmp_path: Path) -> Iterator[Webhook]:
    """Registered as the injector."""
    hook = Webhook(tmp_path)
    try:
        api.register_webhook(hook.url, hook.ca_pem)
        yield hook
        api.unregister_webhook()
    finally:
        hook.listener.close()


def names(pod: JsonObject) -> list[str]:
    return [container["name"] for container in pod["spec"].get("initContainers", [])]


def test_its_patch_is_in_the_stored_pod(api: ApiServer, namespace: str, webhook: Webhook) -> None:
    webhook.inject()

    created = api.create(manifests.pod(namespace, "p", ASKING))

    assert names(created) == [keys.CONTAINER]
    assert names(api.get(created)) == [keys.CONTAINER]


def test_it_is_called_once_for_an_injected_pod(
    api: ApiServer, namespace: str, webhook: Webhook
) -> None:
    webhook.inject()

    api.create(manifests.pod(namespace, "p", ASKING))

    assert len(webhook.reviews) == 1


@pytest.mark.parametrize(
    ("annotations", "spec"),
    [
        ({}, {}),
        ({**ASKING, keys.INJECT: "false"}, {}),
        (ASKING, {"initContainers": [CONTAINER]}),
    ],
    ids=["no annotation", "opted out", "injected already"],
)
def test_it_hears_of_no_other_pod(
    api: ApiServer,
    namespace: str,
    webhook: Webhook,
    annotations: dict[str, str],
    spec: JsonObject,
) -> None:
    pod = manifests.pod(namespace, "p", annotations)
    pod["spec"] |= spec

    api.create(pod)

    assert webhook.reviews == []


def test_the_review_is_of_the_pod_before_it_has_name_and_uid(
    api: ApiServer, namespace: str, webhook: Webhook
) -> None:
    pod = manifests.pod(namespace, "", ASKING)
    pod["metadata"] |= {"generateName": "web-"}

    api.create(pod)

    review = webhook.reviews[0]
    pods = {"group": "", "version": "v1"}
    assert review["kind"] == pods | {"kind": "Pod"}
    assert review["resource"] == pods | {"resource": "pods"}
    assert (review["operation"], review["namespace"]) == ("CREATE", namespace)
    assert not review["dryRun"]
    assert not review.get("name")
    assert not review["object"]["metadata"].get("name")
    assert not review["object"]["metadata"].get("uid")
    assert review["object"]["metadata"]["namespace"] == namespace
    assert review["object"]["spec"]["serviceAccountName"] == "default"
    assert review["userInfo"]["username"] == "admin"


def test_the_request_says_who_asks_and_how_long_it_waits(
    api: ApiServer, namespace: str, webhook: Webhook
) -> None:
    api.create(manifests.pod(namespace, "p", ASKING))

    request = webhook.requests[0]
    assert request.method == "POST"
    assert request.url == "/mutate?timeout=1s"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "kube-apiserver-admission"


def test_a_dry_run_is_told(api: ApiServer, namespace: str, webhook: Webhook) -> None:
    pod = manifests.pod(namespace, "p", ASKING)

    api.request("POST", f"{manifests.collection(pod)}?dryRun=All", pod)

    assert [review["dryRun"] for review in webhook.reviews] == [
        True
    ] * 3  # a webhook that changes nothing is asked by each entry
    assert api.request("GET", manifests.path(pod)).status == 404


def test_warnings_reach_the_client(api: ApiServer, namespace: str, webhook: Webhook) -> None:
    webhook.response = {"allowed": True, "warnings": ["mounted as subPath"]}
    pod = manifests.pod(namespace, "p", ASKING)

    answer = api.request("POST", manifests.collection(pod), pod)

    assert answer.headers["warning"] == '299 - "mounted as subPath"'


def refused(api: ApiServer, namespace: str) -> tuple[int, str, str]:
    pod = manifests.pod(namespace, "p", ASKING)
    answer = api.request("POST", manifests.collection(pod), pod)
    assert api.request("GET", manifests.path(pod)).status == 404
    body: Any = answer.body
    return answer.status, body["reason"], body["message"]


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [({"message": "no"}, 400, ""), ({"code": 422, "message": "no"}, 422, "")],
)
def test_a_denial_is_passed_on(
    api: ApiServer, namespace: str, webhook: Webhook, said: JsonObject, code: int, reason: str
) -> None:
    webhook.response = {"allowed": False, "status": said}
    pod = manifests.pod(namespace, "p", ASKING)

    answer = api.request("POST", manifests.collection(pod), pod)

    assert (answer.status, answer.body.get("reason", "")) == (code, reason)
    assert answer.body["message"] == (
        f'admission webhook "first.{manifests.WEBHOOK}" denied the request: no'
    )


@pytest.mark.parametrize(
    "response",
    [
        {"allowed": True, "uid": "another"},
        {"allowed": True, "patch": "W10="},
        {"allowed": True, "patchType": "Other", "patch": NO_SUCH_PATH},
        {"allowed": True, "patchType": "JSONPatch", "patch": base64.b64encode(b"{").decode()},
        {"allowed": True, "patchType": "JSONPatch", "patch": NO_SUCH_PATH},
    ],
    ids=["uid", "no patch type", "patch type", "no JSON", "no such path"],
)
def test_a_wrong_answer_stops_the_pod(
    api: ApiServer, namespace: str, webhook: Webhook, response: JsonObject
) -> None:
    webhook.response = response

    status, _, message = refused(api, namespace)

    assert status >= 500
    assert message


def test_an_error_status_stops_the_pod(api: ApiServer, namespace: str, webhook: Webhook) -> None:
    webhook.status = 400

    status, reason, message = refused(api, namespace)

    assert (status, reason) == (500, "InternalError")
    assert f'failed calling webhook "{manifests.WEBHOOK}": ' in message


def test_when_it_is_down_annotated_pods_wait_and_others_start(
    api: ApiServer, namespace: str, webhook: Webhook
) -> None:
    webhook.listener.close()

    status, reason, message = refused(api, namespace)

    assert (status, reason) == (500, "InternalError")
    said = f'Internal error occurred: failed calling webhook "{manifests.WEBHOOK}": failed to call'
    assert message.startswith(said)
    assert api.create(manifests.pod(namespace, "other"))


def test_a_certificate_of_another_authority_is_not_trusted(
    api: ApiServer, namespace: str, webhook: Webhook, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    api.register_webhook(webhook.url, pki.Authority(other).pem)

    status, reason, _ = refused(api, namespace)

    assert (status, reason) == (500, "InternalError")
    assert webhook.reviews == []
