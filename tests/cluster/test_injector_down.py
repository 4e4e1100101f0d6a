"""A dead injector stops nobody but the pods that asked for it, and those with a clear refusal."""

import datetime
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from initsync import keys
from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from injector import certs
from tests.cluster.injector_side import (
    Broken,
    annotated,
    answering,
    create,
    register,
    review,
    until,
)

TIMEOUT = 5.0  # of the shipped registration
STATES = ["stopped", "hung", "HTML", "half JSON", "another UID", "status 500", "expired"]


@pytest.fixture
def api(real_api: ControlPlane) -> Iterator[ControlPlane]:
    yield real_api
    real_api.unregister_webhook()


def stopped_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"https://127.0.0.1:{listener.getsockname()[1]}/mutate"


def expired(directory: Path) -> tuple[ssl.SSLContext, str]:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=3)
    certs.self_signed(directory / "old", ["127.0.0.1"], past, 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "old" / "tls.crt", directory / "old" / "tls.key")
    return context, (directory / "old" / "ca.crt").read_text()


def break_it(state: str, api: ControlPlane, directory: Path, stack: ExitStack) -> None:
    """Register an injector in that state."""
    handlers = {
        "HTML": answering("200 OK", b"<html>hello</html>"),
        "half JSON": answering("200 OK", review("u")[:40]),
        "another UID": answering("200 OK", review("somebody-elses")),
        "status 500": answering("500 Oops", b"{}"),
    }
    if state == "expired":
        context, ca_pem = expired(directory)
        broken = stack.enter_context(Broken(directory, answering("200 OK", b""), context))
        register(api, broken.url, ca_pem)
    elif state == "stopped":
        register(api, stopped_url(), Broken(directory, answering("", b"")).authority.pem)
    else:
        hang = handlers.get(state) or (lambda _: broken.wait())
        broken = stack.enter_context(Broken(directory, hang))
        register(api, broken.url, broken.authority.pem)


@pytest.mark.parametrize("state", STATES)
def test_only_pods_that_asked_are_refused_in_time_and_with_a_reason(
    api: ControlPlane, namespace: str, tmp_path: Path, state: str
) -> None:
    with ExitStack() as stack:
        break_it(state, api, tmp_path, stack)
        until(lambda: create(api, annotated(namespace)).status != 201)

        start = time.monotonic()
        refused = create(api, annotated(namespace))
        took = time.monotonic() - start

        assert took < TIMEOUT + 1
        assert refused.status == 500
        assert 'failed calling webhook "injector.jasm.codnod.io"' in refused.body["message"]
        _nobody_else_is_touched(api, namespace)


def _nobody_else_is_touched(api: ControlPlane, namespace: str) -> None:
    plain = manifests.pod(namespace, "plain")
    assert create(api, plain, dry_run=False).status == 201
    path = manifests.path(plain)
    change = {"metadata": {"labels": {"seen": "yes"}, "annotations": {keys.ANNOTATION: "x: y"}}}
    merge = "application/merge-patch+json"
    assert api.request("PATCH", path, change, merge).status == 200
    phase = {"status": {"phase": "Running"}}
    assert api.request("PATCH", f"{path}/status", phase, merge).status == 200
    assert api.request("DELETE", f"{path}?gracePeriodSeconds=0").status == 200
    out = annotated(namespace, labels={keys.INJECT: "false"})
    assert create(api, out).status == 201
    for protected in ("kube-system", "jasm-system"):
        api.create_namespace(protected)
        assert create(api, annotated(protected)).status == 201
