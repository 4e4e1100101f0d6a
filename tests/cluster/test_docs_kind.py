"""docs/kind.md, as far as there is no kind here: its manifests, values and programs are run.

The API server, the injector, jasm-init and moto are real; pods are processes, and so is moto.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest
import yaml

from initsync import __version__
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane
from initsync.testing.podprocess import Finished
from initsync.testing.podrun import run_container
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests import docs_blocks
from tests.chart.helm import Helm

PAGE = (docs_blocks.DOCS / "kind.md").read_text("utf-8")
NOWHERE = "http://127.0.0.1:1"


def shown(name: str) -> list[Any]:
    """The documents of one of the page's files."""
    (text,) = docs_blocks.marked("kind", name)
    return list(yaml.safe_load_all(text))


@pytest.fixture(scope="module")
def programs() -> list[str]:
    """What the page has moto's Python run."""
    return re.findall(r"-- python <<'EOF'\n(.+?)^EOF$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def release(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The chart's objects by the page's values and options."""
    options = [f"--set={it}" for it in re.findall(r"--set (\S+)", PAGE)]
    file = tmp_path_factory.mktemp("kind") / "values.yaml"
    (text,) = docs_blocks.marked("kind", "values.yaml")
    file.write_text(text)
    return helm.objects(f"--values={file}", *options)


class Kind:
    """The real API server with JASM by the page's values, and moto."""

    def __init__(self, api: ControlPlane, aws: AwsServer) -> None:
        self.api, self.aws = api, aws

    def python(self, program: str) -> None:
        """As `kubectl exec` in moto's pod, with its variables."""
        (moto,) = shown("aws.yaml")[1]["spec"]["template"]["spec"]["containers"]
        env = {entry["name"]: entry["value"] for entry in moto["env"]}
        env |= {"AWS_ENDPOINT_URL": self.aws.url, "PATH": os.environ["PATH"]}
        subprocess.run([sys.executable, "-c", program], env=env, check=True)

    def start(self, name: str, url: str) -> Finished:
        """A pod of the page's Deployment; moto's Service is `url` here."""
        template = shown("shop.yaml")[-1]["spec"]["template"]
        own = template["metadata"] | {"name": name, "namespace": "shop"}
        pod = self.api.create({"apiVersion": "v1", "kind": "Pod", **template, "metadata": own})
        assert self.address(pod) == "http://aws.aws:5000"
        return run_container(self.api, pod, keys.CONTAINER, env={"AWS_ENDPOINT_URL": url})

    def address(self, pod: Any) -> str:
        """Where the injected container would ask."""
        container = pod["spec"]["initContainers"][0]
        (found,) = (it for it in container["env"] if it["name"] == "AWS_ENDPOINT_URL")
        return str(found["value"])


@pytest.fixture
def kind(real_api: ControlPlane, release: list[Any]) -> Iterator[Kind]:
    (deployment,) = (
        it for it in release if it["kind"] == "Deployment" and "injector" in it["metadata"]["name"]
    )
    arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    options = [it for it in arguments if it.startswith("--env=")]
    with AwsServer() as aws, Webhook(options=options) as webhook:
        real_api.register_webhook(webhook.url, webhook.ca_pem)
        real_api.create_namespace("shop")
        for one in shown("shop.yaml")[:-1]:
            real_api.apply(one)
        yield Kind(real_api, aws)
        real_api.unregister_webhook()  # it ends here, and others share this cluster


def test_the_page_from_its_first_secret_to_a_day_without_aws(
    kind: Kind, programs: list[str]
) -> None:
    first, rotated = programs

    kind.python(first)
    created = kind.start("app-1", kind.aws.url)
    kind.python(rotated)
    updated = kind.start("app-2", kind.aws.url)
    stale = kind.start("app-3", NOWHERE)

    said = [done.stderr.splitlines()[-1] for done in (created, updated)]
    assert [done.exit_code for done in (created, updated, stale)] == [0, 0, 0]
    for sentence in said:
        known = sentence.partition(" (version ")[0]  # AWS chooses it
        assert f"Normal  SecretSynced  jasm-init  {known} (version " in PAGE
    assert "Secret db was kept as it is with 2 keys" in stale.stderr.splitlines()[-1]


def test_the_images_are_those_that_the_page_builds_and_loads(release: list[Any]) -> None:
    named = set(re.findall(rf"localhost/jasm/\w+:{re.escape(__version__)}", PAGE))

    rendered = set(re.findall(r"localhost/jasm/[\w.]+:[\w.]+", yaml.safe_dump(release)))

    assert rendered == named
    assert len(named) == 2


def test_moto_is_the_version_that_the_suite_knows() -> None:
    assert f"image: motoserver/moto:{metadata.version('moto')}\n" in PAGE


def test_the_service_does_not_have_the_kubelet_change_motos_port() -> None:
    """The kubelet sets NAME_PORT for a Service NAME; moto reads MOTO_PORT as a number."""
    *_, service = shown("aws.yaml")

    assert service["metadata"]["name"] != "moto"
    (container,) = shown("aws.yaml")[1]["spec"]["template"]["spec"]["containers"]
    assert container["ports"][0]["containerPort"] == service["spec"]["ports"][0]["port"] == 5000
