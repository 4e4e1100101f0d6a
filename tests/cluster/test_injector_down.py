"""A dead injector stops nobody but the pods that asked for it, and those with a clear refusal."""

import datetime
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.testing.pki import Authority
from initsync.words import keys
from initsync.words.model import JsonObject
from injector.certs import issue
from tests.cluster.injector_side import (
    ANNOTATION,
    SHIPPED,
    Broken,
    annotated,
    answering,
    create,
    register,
    review,
)

TIMEOUT = 5.0  # of the shipped registration
AT_ONCE = 2.0  # for whoever does not ask; a call that hangs would cost TIMEOUT
MERGE = "application/merge-patch+json"
DEPLOYMENT = SHIPPED.parent / "deployment.yaml"
REASONS = {
    "stopped": "connect: connection refused",
    "silent": "context deadline exceeded",
    "hung": "context deadline exceeded",
    "HTML": "couldn't get version/kind; json parse error",
    "half JSON": "unexpected end of JSON input",
    "another UID": "expected response.uid=",
    "status 500": "an error on the server",
    "expired": "certificate has expired or is not yet valid",
}


@pytest.fixture
def api(real_api: ControlPlane) -> Iterator[ControlPlane]:
    yield real_api
    real_api.unregister_webhook()


def stopped_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"https://127.0.0.1:{listener.getsockname()[1]}/mutate"


def silent_url(stack: ExitStack) -> str:
    """The kernel takes connections, as for a process that is stopped; nobody shakes hands."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    return f"https://127.0.0.1:{listener.getsockname()[1]}/mutate"


def expired(directory: Path) -> tuple[ssl.SSLContext, str]:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=3)
    issue.self_signed(directory / "old", ["127.0.0.1"], past, 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "old" / "tls.crt", directory / "old" / "tls.key")
    return context, (directory / "old" / "ca.crt").read_text()


def break_it(state: str, api: ControlPlane, directory: Path, stack: ExitStack) -> None:
    """Register an injector in that state, and return once no other one is asked."""
    handlers = {
        "HTML": answering("200 OK", b"<html>hello</html>", "text/html"),
        "half JSON": answering("200 OK", review("u")[:40]),
        "another UID": answering("200 OK", review("somebody-elses")),
        "status 500": answering("500 Oops", b"{}"),
    }
    if state == "expired":
        context, ca_pem = expired(directory)
        broken = stack.enter_context(Broken(directory, answering("200 OK", b""), context))
        register(api, broken.url, ca_pem)
    elif state in ("stopped", "silent"):
        url = stopped_url() if state == "stopped" else silent_url(stack)
        register(api, url, Authority(directory).pem)
    else:
        hang = handlers.get(state) or (lambda _: broken.wait())
        broken = stack.enter_context(Broken(directory, hang))
        register(api, broken.url, broken.authority.pem)
    api.await_webhooks()


@pytest.mark.parametrize("state", REASONS)
def test_only_pods_that_asked_are_refused_in_time_and_with_a_reason(
    api: ControlPlane, namespace: str, tmp_path: Path, state: str
) -> None:
    with ExitStack() as stack:
        break_it(state, api, tmp_path, stack)

        start = time.monotonic()
        refused = create(api, annotated(namespace))
        took = time.monotonic() - start

        assert took < TIMEOUT + 1
        assert refused.status == 500
        assert 'failed calling webhook "injector.jasm.codnod.io"' in refused.body["message"]
        assert REASONS[state] in refused.body["message"]
        start = time.monotonic()
        _others_are_created_as_they_are(api, namespace)
        _pods_that_are_there_can_be_changed_and_deleted(api, namespace)
        _protected_namespaces_and_our_own_pods_are_untouched(api)
        assert time.monotonic() - start < AT_ONCE, "nobody else waits for it"


def _others_are_created_as_they_are(api: ControlPlane, namespace: str) -> None:
    out = annotated(namespace, labels={keys.INJECT: "false"})
    for pod in (manifests.pod(namespace, "plain"), out):
        stored = create(api, pod)
        assert stored.status == 201
        _is_as_sent(pod, stored.body)


def _pods_that_are_there_can_be_changed_and_deleted(api: ControlPlane, namespace: str) -> None:
    plain, injected = manifests.pod(namespace, "there"), annotated(namespace)
    container = {"name": keys.CONTAINER, "image": "registry.invalid/jasm:1"}
    injected["spec"]["initContainers"] = [container]  # before the outage
    changes = {"labels": {"seen": "yes"}, "annotations": {keys.ANNOTATION: "x: y"}}
    for pod in (plain, injected):
        assert create(api, pod, dry_run=False).status == 201
        path = manifests.path(pod)
        assert api.request("PATCH", path, {"metadata": changes}, MERGE).status == 200
        phase = {"status": {"phase": "Running"}}
        assert api.request("PATCH", f"{path}/status", phase, MERGE).status == 200
        assert api.get(pod)["metadata"]["annotations"][keys.ANNOTATION] == "x: y"
        assert api.request("DELETE", f"{path}?gracePeriodSeconds=0").status == 200
        assert api.request("GET", path).status == 404


def _protected_namespaces_and_our_own_pods_are_untouched(api: ControlPlane) -> None:
    for protected in ("kube-system", "jasm-system"):
        api.create_namespace(protected)
        pod = annotated(protected)
        stored = create(api, pod)
        assert stored.status == 201
        _is_as_sent(pod, stored.body)
    template = yaml.safe_load(DEPLOYMENT.read_text())["spec"]["template"]
    api.create_service_account("jasm-system", template["spec"]["serviceAccountName"])
    for annotations in ({}, {keys.ANNOTATION: ANNOTATION}):
        metadata = {"name": "injector", "namespace": "jasm-system", "annotations": annotations}
        own = {"apiVersion": "v1", "kind": "Pod"} | template
        own["metadata"] = template["metadata"] | metadata
        assert create(api, own).status == 201, "else it could not come back"


def _is_as_sent(pod: JsonObject, stored: JsonObject) -> None:
    assert "initContainers" not in stored["spec"]
    assert stored["metadata"].get("annotations", {}) == pod["metadata"]["annotations"]
    (container,) = stored["spec"]["containers"]
    assert "env" not in container
    assert [
        volume["name"] for volume in stored["spec"]["volumes"] if "jasm" in volume["name"]
    ] == []
