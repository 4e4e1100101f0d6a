"""The two webhooks that are measured beside each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from initsync.testing.pki import Authority
from initsync.testing.process import Process
from initsync.testing.webhook import Webhook
from tests.bench import load_report
from tests.bench.generator import Server

START_TIMEOUT = 10.0


@contextmanager
def injector(directory: Path, workers: int) -> Iterator[Server]:
    """As a cluster runs it."""
    with Webhook(workers=workers) as webhook:
        ca = directory / "injector-ca.crt"
        ca.write_text(webhook.ca_pem, encoding="ascii")
        yield Server(load_report.INJECTOR, webhook.url, ca, webhook.pid)


@contextmanager
def go_webhook(program: Path, directory: Path) -> Iterator[Server]:
    """With a certificate of the same kind."""
    authority = Authority(directory)
    certificate, key = authority.serving("go")
    log = directory / "go.log"
    process = Process([str(program), f"-certificate={certificate}", f"-key={key}"], log)
    try:
        process.await_ready(lambda: log.read_text().endswith("\n"), START_TIMEOUT)
        yield Server(load_report.GO, log.read_text().strip(), authority.ca, process.pid)
    finally:
        process.stop()
