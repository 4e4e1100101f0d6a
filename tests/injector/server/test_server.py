"""The webhook as a process of its own, over TLS: precise answers, and nobody blocked."""

import asyncio
import base64
import contextlib
import datetime
import io
import json
import socket
import time
from pathlib import Path
from unittest import mock

import pytest

from initsync.injection.settings import InjectionSettings
from injector.certs import issue
from injector.server import clients, server
from injector.webhook import plan
from injector.webhook.app import App
from injector.webhook.logs import Log
from injector.webhook.metrics import Metrics
from injector.webhook.review import Review
from tests.injector.running import FILES, JSON, Injector, review


def test_a_review_is_answered_with_the_patch(injector: Injector) -> None:
    status, body = injector.ask("POST", "/mutate?timeout=5s", review(), JSON)

    response = json.loads(body)["response"]
    operations = json.loads(base64.b64decode(response["patch"]))
    assert (status, response["uid"], response["allowed"]) == (200, "u1", True)
    assert operations[-1]["path"] == "/metadata/annotations/jasm.codnod.io~1injected"


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "sentence"),
    [
        ("GET", "/healthz", b"", {}, 200, b"ok"),
        ("GET", "/readyz", b"", {}, 200, b"ok"),
        ("GET", "/", b"", {}, 404, b"there are /mutate, /warn, /healthz, /readyz and /metrics"),
        ("GET", "/mutate", b"", {}, 405, b"takes POST"),
        ("POST", "/mutate", b"{}", {"content-type": "text/plain"}, 415, b"application/json"),
        ("POST", "/mutate", b"{}", {}, 415, b"application/json"),
        ("POST", "/mutate", b"", JSON, 400, b"the body is empty"),
        ("POST", "/mutate", b"{", JSON, 400, b"not JSON"),
        ("POST", "/mutate", b"[]", JSON, 400, b"no AdmissionReview"),
        ("POST", "/mutate", b"x" * (7 * 1024 * 1024 + 1), JSON, 413, b"larger than 7340032"),
        ("POST", "/mutate", b"[" + b"{}," * 300_000, JSON, 413, b"more than 500000 elements"),
    ],
)
def test_every_other_request_has_its_precise_answer(
    injector: Injector,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
    sentence: bytes,
) -> None:
    answer = injector.ask(method, path, body, headers)

    assert answer[0] == status
    assert sentence in answer[1]


@pytest.mark.threat("The injector is compromised")
def test_the_log_names_uid_namespace_and_owner_and_never_the_pod(injector: Injector) -> None:
    injector.ask("POST", "/mutate", review("generate-name"), JSON)

    line = injector.stop()[0]

    assert line.pop("milliseconds") >= 0
    assert line.pop("time")
    assert line == {
        "level": "info",
        "message": "injected",
        "uid": "u1",
        "namespace": "shop",
        "owner": "ReplicaSet/web-5d",
    }


def test_one_connection_carries_many_reviews(injector: Injector) -> None:
    with contextlib.closing(injector.connect()) as connection:
        for _ in range(3):
            connection.request("POST", "/mutate", review(), JSON)
            assert connection.getresponse().read()
            assert connection.sock is not None


def test_silent_and_half_clients_block_nobody(injector: Injector) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(socket.create_connection(("127.0.0.1", injector.port)))
        half = stack.enter_context(contextlib.closing(injector.connect()))
        half.putrequest("POST", "/mutate")
        half.putheader("content-length", "100000")
        half.endheaders(b"{")

        assert injector.ask("POST", "/mutate", review(), JSON)[0] == 200


def test_a_bug_is_a_refusal_with_the_uid_and_tells_nothing_of_the_pod(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("pl4nted-value")

    monkeypatch.setattr(plan, "inject", broken)
    said = io.StringIO()
    metrics = Metrics(lambda: (0.0, 0.0), lambda: 0)
    app = App(InjectionSettings("i"), lambda: "", Log(said), metrics)

    answer = app._reviewed(Review("u1", "shop", {"metadata": {}, "spec": {}}, 0))

    response = json.loads(answer)["response"]
    assert (response["uid"], response["allowed"], response["status"]["code"]) == ("u1", False, 500)
    assert json.loads(said.getvalue())["bug"] == "KeyError"
    assert "pl4nted" not in said.getvalue() + answer.decode()


def test_metrics_count_reviews_and_refusals_and_tell_the_certificates_end(
    injector: Injector,
) -> None:
    injector.ask("POST", "/mutate", review(), JSON)
    injector.ask("POST", "/mutate", review("opted-out"), JSON)
    injector.ask("POST", "/mutate", b"{", JSON)

    status, body = injector.ask("GET", "/metrics")

    found = dict(line.rsplit(" ", 1) for line in body.decode().splitlines() if line[0] != "#")
    assert status == 200
    assert found['jasm_injector_reviews_total{outcome="injected"}'] == "1.0"
    assert found['jasm_injector_reviews_total{outcome="opted out"}'] == "1.0"
    assert found['jasm_injector_requests_refused_total{status="400"}'] == "1.0"
    assert found["jasm_injector_review_seconds_count"] == "2.0"
    assert found["jasm_injector_requests_in_flight"] == "1.0"  # this very one
    begins, ends = (
        float(found[f"jasm_injector_certificate_{which}_timestamp_seconds"])
        for which in ("not_before", "expiry")
    )
    assert begins < time.time() < ends
    assert ends - begins == 25 * 3600, "a day, and the hour before it"


@pytest.mark.parametrize(("choice", "allowed"), [("warn", True), ("deny", False)])
def test_an_invalid_annotation_is_a_warning_or_a_refusal_with_the_same_sentence(
    tmp_path: Path, choice: str, allowed: bool
) -> None:
    issue.self_signed(tmp_path, ["127.0.0.1"], datetime.datetime.now(datetime.UTC), 1)
    running = Injector(tmp_path, f"--on-invalid={choice}")

    _, body = running.ask(
        "POST", "/mutate", review("annotation-invalid-is-injected-with-a-warning"), JSON
    )

    running.stop()
    response = json.loads(body)["response"]
    assert response["allowed"] == allowed
    said = response["warnings"][0] if allowed else response["status"]["message"]
    assert said.startswith("annotation jasm.codnod.io/secret-sync: field 'secretName' is missing")


def test_the_containers_own_restart_policy_is_the_platforms_to_ask_for(tmp_path: Path) -> None:
    issue.self_signed(tmp_path, ["127.0.0.1"], datetime.datetime.now(datetime.UTC), 1)
    running = Injector(tmp_path, "--container-restart-policy")

    _, body = running.ask("POST", "/mutate", review("job-restart-never"), JSON)

    running.stop()
    patch = json.loads(base64.b64decode(json.loads(body)["response"]["patch"]))
    (containers,) = [entry["value"] for entry in patch if entry["path"] == "/spec/initContainers"]
    assert [found["restartPolicy"] for found in containers] == ["OnFailure"]


def test_without_files_for_more_connections_it_waits_until_there_are(tmp_path: Path) -> None:
    issue.self_signed(tmp_path, ["127.0.0.1"], datetime.datetime.now(datetime.UTC), 1)
    running = Injector(tmp_path, prefix=(*FILES, "40"))

    with contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(socket.create_connection(("127.0.0.1", running.port)))
        with pytest.raises(TimeoutError):
            running.connect(timeout=0.5).connect()

    assert running.ask("GET", "/healthz") == (200, b"ok")
    running.stop()


def test_housekeeping_goes_on_whatever_it_raises_and_tells_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said, every = io.StringIO(), clients.Clients()
    app = App(
        InjectionSettings("i"),
        every.problem,
        Log(said),
        Metrics(lambda: (0.0, 0.0), every.in_flight),
    )
    certificate = mock.Mock()
    certificate.reload.side_effect = ValueError("pl4nted")
    monkeypatch.setattr(server, "_EVERY", 0.001)

    async def until_the_fifth_time() -> None:
        with socket.socket() as sock:
            task = asyncio.create_task(server.Server(sock, app, every, certificate)._keep_house())
            while certificate.reload.call_count < 5:
                await asyncio.sleep(0)
            task.cancel()

    asyncio.run(asyncio.wait_for(until_the_fifth_time(), 10))

    (line,) = map(json.loads, said.getvalue().splitlines())
    assert line["level"] == "error"
    assert line["message"].startswith("internal error (ValueError in ")
    assert "pl4nted" not in said.getvalue()
