"""docs/annotation.md: each of its examples is run, from what is in AWS to the Secret that it shows.

The API server, the webhook and jasm-init are real, and moto is in AWS's place.
"""

import base64
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from initsync.kube import rbac
from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane
from initsync.testing.podrun import AwsIdentity, Finished, run_container
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests.annotation_page import EXAMPLES, PAGE, Example

TYPE, LABEL, ANNOTATION = (
    re.compile(rf"{words} `([^`]+)`") for words in ("of type", "the label", "the annotation")
)


class Place:
    """A namespace of one example."""

    def __init__(self, api: ControlPlane, aws: AwsServer) -> None:
        self.api, self.aws = api, aws
        self.namespace = f"t-{uuid.uuid4().hex[:10]}"
        api.create_namespace(self.namespace)
        api.create_service_account(self.namespace, "app")

    def put(self, example: Example) -> None:
        """What is in AWS, one version after the other."""
        there = set()
        for path, said, text in example.sources:
            value = base64.b64decode(text) if "in base64" in said else text
            if path in there:
                assert isinstance(value, str)
                self.aws.rotate(path, value)
            else:
                self.aws.put_secret(path, value)
            there.add(path)

    def allow(self, example: Example) -> None:
        """The Role of a sync; without the guard's mark for labels, of which ours allows none."""
        rules = rbac.rules(*(name for name, *_ in example.secrets))
        if any(LABEL.search(said) for _, said, _ in example.secrets):
            rules[0]["verbs"].remove(rbac.SYNC_VERB)
        self.api.allow(self.namespace, "app", rules)

    def run(self, annotation: str) -> Finished:
        pod = manifests.pod(self.namespace, "web-1", {keys.ANNOTATION: annotation})
        pod["spec"] |= {"serviceAccountName": "app"}
        identity = AwsIdentity(self.aws.role_arn("app"), self.aws.region, self.aws.url)
        return run_container(self.api, self.api.create(pod), keys.CONTAINER, aws=identity)

    def secret(self, name: str) -> Any:
        metadata = {"name": name, "namespace": self.namespace}
        return self.api.get({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})


@pytest.fixture(scope="module")
def own_aws() -> Iterator[AwsServer]:
    """The page's paths are its own, and others have put some of them."""
    with AwsServer() as server:
        yield server


@pytest.fixture
def place(real_api: ControlPlane, own_aws: AwsServer, webhook: Webhook) -> Place:
    real_api.register_webhook(webhook.url, webhook.ca_pem)
    return Place(real_api, own_aws)


def as_bytes(shown: str) -> dict[str, bytes]:
    """The data that a block of YAML shows."""
    return {
        name: value if isinstance(value, bytes) else value.encode()
        for name, value in yaml.safe_load(shown).items()
    }


def as_pairs(found: list[str]) -> set[tuple[str, str]]:
    return {(name, value) for name, _, value in (text.partition(": ") for text in found)}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_the_secrets_are_those_that_the_page_shows(place: Place, example: Example) -> None:
    place.put(example)
    place.allow(example)

    ended = place.run(example.annotation)

    assert ended.exit_code == 0, ended.stderr
    for name, said, shown in example.secrets:
        stored = place.secret(name)
        data = {key: base64.b64decode(value) for key, value in stored["data"].items()}
        assert data == as_bytes(shown)
        assert stored["type"] == ("".join(TYPE.findall(said)) or "Opaque")
        marks = stored["metadata"]
        assert as_pairs(LABEL.findall(said)) <= set(marks["labels"].items())
        assert as_pairs(ANNOTATION.findall(said)) <= set(marks["annotations"].items())


def test_the_marks_of_one_secret_of_two_sources_are_as_the_page_says(place: Place) -> None:
    (shown,) = (one for one in EXAMPLES if one.title == "Two sources in one Secret")
    example = Example(
        shown.title,
        [(f"/{place.namespace}{path}", said, text) for path, said, text in shown.sources],
        shown.annotation.replace("path: ", f"path: /{place.namespace}"),
        shown.secrets,
    )
    place.put(example)
    place.allow(example)

    place.run(example.annotation)

    metadata = place.secret("existing")["metadata"]
    paths = sorted(f"aws-secretsmanager {path}" for path, *_ in example.sources)
    assert metadata["labels"][keys.PROVIDER] == "aws-secretsmanager"
    assert metadata["annotations"][keys.SOURCE_PATH].splitlines() == paths
    assert len(metadata["annotations"][keys.VERSION].splitlines()) == len(paths)
    assert set(metadata["annotations"]) == {
        *(keys.SOURCE_PATH, keys.SYNCED_AT, keys.VERSION, keys.SHAPE),
    }
    assert all(f"`{name}`" in PAGE for name in metadata["annotations"])
