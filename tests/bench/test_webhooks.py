"""Servers that are measured beside each other make the same pods, or the benchmark refuses."""

from pathlib import Path

import pytest

from initsync.testing.webhook import Webhook
from tests.bench import reviews, webhooks
from tests.bench.generator import Server


def server(webhook: Webhook, name: str, directory: Path) -> Server:
    ca = directory / f"{name}.crt"
    ca.write_text(webhook.ca_pem)
    return Server(name, webhook.url, ca, webhook.pid)


def test_another_pod_is_refused_and_the_same_is_not(tmp_path: Path) -> None:
    with Webhook() as ours, Webhook("other:1") as theirs:
        one, other = server(ours, "one", tmp_path), server(theirs, "other", tmp_path)

        webhooks.compare([one, one], reviews.REVIEW)
        with pytest.raises(webhooks.Differs, match=r'"one": .*"image": "other:1"'):
            webhooks.compare([one, other], reviews.REVIEW)
