"""injection.mode policy in the chart: which clusters get which API, and what comes with it.

What it does to pods is in tests/cluster/test_policy_*.py.
"""

import re
from typing import Any

import pytest

from initsync import keys
from tests.chart.examples import of_kind, one
from tests.chart.helm import ROOT, Helm, HelmFailed

MODE = "--set=injection.mode=policy"
GROUP = "admissionregistration.k8s.io"
KIND = "MutatingAdmissionPolicy"
CORE = "--api-versions=v1/Secret"  # Helm knows a cluster's kinds
SERVER = {
    "Deployment",
    "Service",
    "MutatingWebhookConfiguration",
    "PodDisruptionBudget",
    "NetworkPolicy",
    "ServiceAccount",
    "CronJob",
    "Job",
    "Certificate",
    "Issuer",
}


def serving(*versions: str) -> list[str]:
    return [CORE, *(f"--api-versions={GROUP}/{version}/{KIND}" for version in versions)]


@pytest.mark.parametrize(
    ("cluster", "version"),
    [
        ([*serving("v1", "v1beta1"), "--kube-version=1.37"], "v1"),
        ([*serving("v1beta1"), "--kube-version=1.34"], "v1beta1"),
        (["--kube-version=1.36"], "v1"),
        (["--kube-version=1.36.2-gke.100"], "v1"),
        (["--kube-version=1.30", "--set=injection.policy.apiVersion=v1"], "v1"),
        (["--kube-version=1.35", "--set=injection.policy.apiVersion=v1beta1"], "v1beta1"),
    ],
)
def test_it_takes_the_newest_version_that_the_cluster_serves(
    helm: Helm, cluster: list[str], version: str
) -> None:
    objects = helm.objects(MODE, *cluster)

    for kind in (KIND, f"{KIND}Binding"):
        assert one(objects, kind)["apiVersion"] == f"{GROUP}/{version}"


@pytest.mark.parametrize(
    "cluster",
    [
        ["--kube-version=1.35"],
        [CORE, "--kube-version=1.35"],
        [CORE, "--kube-version=1.37"],  # switched off there
    ],
)
def test_where_it_is_not_served_it_says_what_to_do(helm: Helm, cluster: list[str]) -> None:
    with pytest.raises(HelmFailed) as failed:
        helm.objects(MODE, *cluster)

    said = str(failed.value)
    assert "Kubernetes 1.36 or newer" in said
    assert cluster[-1].removeprefix("--kube-version=") in said
    assert "Set injection.mode to webhook" in said
    assert "injection.policy.apiVersion" in said


def test_denying_invalid_annotations_needs_the_webhook(helm: Helm) -> None:
    with pytest.raises(HelmFailed, match=r"onInvalid deny needs the webhook.*Set"):
        helm.objects(MODE, "--set=injection.onInvalid=deny")


@pytest.mark.parametrize("certificates", ["job", "certManager", "secret"])
def test_no_server_no_certificate_and_no_webhook_come_with_it(
    helm: Helm, certificates: str
) -> None:
    objects = helm.objects(MODE, f"--set=certificates.mode={certificates}")

    assert not SERVER & {found["kind"] for found in objects}


def test_both_are_there_on_the_way_from_one_to_the_other(helm: Helm) -> None:
    objects = helm.objects("--set=injection.policy.besideWebhook=true")

    assert {"Deployment", "MutatingWebhookConfiguration", KIND} <= {it["kind"] for it in objects}
    assert not of_kind(helm.objects(), KIND)


def test_both_go_by_the_same_pods(helm: Helm) -> None:
    own = '{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"c","operator":"Exists"}]}'
    objects = helm.objects(
        "--set=injection.policy.besideWebhook=true",
        f"--set-json=webhook.namespaceSelector={own}",
        f"--set-json=webhook.objectSelector={own}",
        '--set-json=webhook.matchConditions=[{"name":"own","expression":"true"}]',
        '--set-json=webhook.excludedNamespaces=["kube-system","other"]',
    )
    policy = one(objects, KIND)["spec"]

    for webhook in one(objects, "MutatingWebhookConfiguration")["webhooks"]:
        for selector in ("namespaceSelector", "objectSelector"):
            assert policy["matchConstraints"][selector] == webhook[selector]
        assert policy["matchConstraints"]["resourceRules"] == webhook["rules"]
        asked = webhook["matchConditions"]
        assert policy["matchConditions"][: len(asked)] == asked


def test_its_downward_api_files_are_those_that_the_container_reads(helm: Helm) -> None:
    (mutation,) = one(helm.objects(MODE), KIND)["spec"]["mutations"]

    shown = re.findall(r"\['(.+?)', \"metadata.annotations\['(.+?)'\]\"\]", _text(mutation))
    assert {name: file for file, name in shown} == keys.PODINFO_FILES


def _text(mutation: Any) -> str:
    return str(mutation["jsonPatch"]["expression"])


def test_the_commands_of_its_page_are_options_that_the_chart_takes(helm: Helm) -> None:
    page = (ROOT / "docs/injection-without-a-webhook.md").read_text().replace("\\\n", "")
    commands = re.findall(r"^helm upgrade.*", page, re.MULTILINE)

    kinds = []
    for command in commands:
        options = re.findall(r"--set (\S+)", command)
        found = {it["kind"] for it in helm.objects(*(f"--set={option}" for option in options))}
        kinds.append((KIND in found, "Deployment" in found))

    assert kinds == [(True, False), (True, True), (True, False), (True, True), (False, True)]
