"""The two webhooks that are measured beside each other, and that they do the same."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import jsonpatch

from initsync import __version__
from initsync.testing.client import Client
from initsync.testing.pki import Authority
from initsync.testing.process import Process
from initsync.testing.webhook import Webhook
from initsync.words.model import JsonObject
from tests.bench import load_report
from tests.bench.generator import Server

START_TIMEOUT = 10.0


@contextmanager
def injector(directory: Path) -> Iterator[Server]:
    """As a cluster runs it."""
    with Webhook() as webhook:
        ca = directory / "injector-ca.crt"
        ca.write_text(webhook.ca_pem, encoding="ascii")
        yield Server(load_report.INJECTOR, webhook.url, ca, webhook.pid)


@contextmanager
def go_webhook(program: Path, directory: Path, name: str = load_report.GO) -> Iterator[Server]:
    """With a certificate of the same kind; its files are in `directory`."""
    directory.mkdir(exist_ok=True)
    authority = Authority(directory)
    certificate, key = authority.serving("go")
    log = directory / "go.log"
    options = [f"-certificate={certificate}", f"-key={key}", f"-version={__version__}"]
    process = Process([str(program), *options], log)
    try:
        process.await_ready(lambda: log.read_text().endswith("\n"), START_TIMEOUT)
        yield Server(name, log.read_text().strip(), authority.ca, process.pid)
    finally:
        process.stop()


class Differs(Exception):
    """The webhooks make other pods of the same: their figures would say nothing."""


def compare(servers: Sequence[Server], review: Path) -> None:
    """Ask all for one review. Raises Differs."""
    asked = json.loads(review.read_text(encoding="utf-8"))
    pods = [_made(server, asked) for server in servers]
    if any(pod != pods[0] for pod in pods):
        raise Differs(json.dumps(dict(zip((one.name for one in servers), pods, strict=True))))


def _made(server: Server, review: JsonObject) -> JsonObject:
    place, _, target = server.url.rpartition("/")
    answer = Client(place, str(server.ca), None).request("POST", f"/{target}", review)
    patch = json.loads(base64.b64decode(answer.body["response"]["patch"]))
    return dict(jsonpatch.apply_patch(review["request"]["object"], patch))
