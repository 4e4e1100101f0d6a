"""The certificate job has the registration of workloads trust the same CA as that of pods."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.words.model import JsonObject
from tests.cluster.certificates import Installation, take_away


@pytest.fixture
def installed(real_api: ControlPlane, tmp_path: Path) -> Iterator[Installation]:
    with Installation(real_api, tmp_path) as installation:
        yield installation


@pytest.fixture
def beside(installed: Installation) -> Iterator[JsonObject]:
    """The registration of workloads, of nobody's namespaces."""
    (found,) = installed.shipped("validatingwebhookconfiguration")
    for entry in found["webhooks"]:
        entry["namespaceSelector"] = {"matchLabels": {"nobody": "has-this"}}
    yield found
    installed.api.request("DELETE", manifests.path(found))


def bundle_of(installed: Installation, found: JsonObject) -> str:
    (entry,) = installed.api.get(found)["webhooks"]
    return base64.b64decode(entry["clientConfig"].get("caBundle", "")).decode()


def test_the_registration_of_workloads_has_the_same_ca_also_after_a_renewal(
    installed: Installation, beside: JsonObject
) -> None:
    installed.api.apply(beside)

    first = installed.run()
    old = bundle_of(installed, beside)
    installed.ask_for_renewal()
    installed.run()

    title = f"ValidatingWebhookConfiguration {installed.name}"
    said = f"wrote the caBundle of {installed.names.webhook_title} to every entry of {title}"
    assert said in first.stderr.splitlines()
    assert installed.is_settled()
    assert bundle_of(installed, beside) == installed.bundles()[0] != old != ""


def test_one_that_is_not_jasms_is_left_as_it_is(
    installed: Installation, beside: JsonObject
) -> None:
    beside["metadata"]["labels"]["app.kubernetes.io/name"] = "another"
    installed.api.apply(beside)

    done = installed.run()

    assert done.returncode == 0
    assert bundle_of(installed, beside) == ""


@pytest.mark.parametrize("verb", ["get", "patch"])
def test_a_right_that_is_missing_for_it_stops_nothing(
    installed: Installation, beside: JsonObject, verb: str
) -> None:
    """Its warnings are lost, and no pod is."""
    installed.api.apply(beside)
    take_away(installed, "ClusterRole", "validatingwebhookconfigurations", verb)

    done = installed.run()

    assert done.returncode == 0
    assert installed.is_settled()
    title = f"ValidatingWebhookConfiguration {installed.name}"
    assert f"{title} was left as it is until the next look: cannot {verb} {title}: " in done.stderr
