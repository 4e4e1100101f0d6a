"""injection.mode policy in the chart: which clusters get which API, and what comes with it.

What it does to pods is in tests/cluster/test_policy_*.py.
"""

import re
from typing import Any

import pytest

from initsync.words import keys
from tests.chart.examples import injector, of_kind, one
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


NOT_SERVING = [
    [CORE, "--kube-version=1.35"],
    [CORE, "--kube-version=1.37"],  # switched off there
]


@pytest.mark.parametrize("cluster", NOT_SERVING)
def test_where_it_is_not_served_the_webhook_takes_its_place(helm: Helm, cluster: list[str]) -> None:
    by_webhook = {(it["kind"], it["metadata"]["name"]) for it in helm.objects(*cluster)}

    objects = helm.objects(MODE, *cluster)

    assert {(it["kind"], it["metadata"]["name"]) for it in objects} == by_webhook


@pytest.mark.parametrize(
    "cluster",
    [
        ["--kube-version=1.35"],  # known by its number only: nobody would read of the webhook
        *([*cluster, "--set=injection.policy.fallback=false"] for cluster in NOT_SERVING),
        *([*cluster, "--set=injection.policy.besideWebhook=true"] for cluster in NOT_SERVING),
    ],
)
def test_where_nothing_may_take_its_place_it_says_what_to_do(
    helm: Helm, cluster: list[str]
) -> None:
    with pytest.raises(HelmFailed) as failed:
        helm.objects(MODE, *cluster)

    said = str(failed.value)
    assert "Kubernetes 1.36 or newer" in said
    (version,) = re.findall("--kube-version=(.+?)'", str(cluster))
    assert f"This one is v{version}, and does not." in said
    assert "Set injection.mode to webhook" in said
    assert "injection.policy.apiVersion" in said


def test_denying_invalid_annotations_needs_mode_webhook_whatever_the_cluster_serves(
    helm: Helm,
) -> None:
    for cluster in (serving("v1"), NOT_SERVING[0]):
        with pytest.raises(HelmFailed, match=r"onInvalid deny needs the webhook.*Set"):
            helm.objects(MODE, "--set=injection.onInvalid=deny", *cluster)


def conditions(number: int) -> str:
    items = (f'{{"name":"own-{index}","expression":"true"}}' for index in range(number))
    return f"--set-json=webhook.matchConditions=[{','.join(items)}]"


def test_more_conditions_than_the_api_server_takes_are_counted(helm: Helm) -> None:
    """It takes 64 of each; beside the chart's own are fewer left than with the webhook."""
    assert len(one(helm.objects(MODE, conditions(56)), KIND)["spec"]["matchConditions"]) == 64
    with pytest.raises(HelmFailed, match="has 57 items, and the policy takes at most 56"):
        helm.objects(MODE, conditions(57))


@pytest.mark.parametrize("none", ["null", "[]"])
def test_where_no_mesh_is_told_of_neither_knows_one(helm: Helm, none: str) -> None:
    """Not even those that the injector has of its own."""
    chosen = f"--set-json=injection.meshProxies={none}"
    objects = helm.objects("--set=injection.policy.besideWebhook=true", chosen)

    variables = one(objects, KIND)["spec"]["variables"]
    (proxies,) = (it for it in variables if it["name"] == "afterMeshProxies")
    (container,) = injector(objects)["spec"]["template"]["spec"]["containers"]
    assert "c.name in []" in proxies["expression"]
    assert [it for it in container["args"] if it.startswith("--mesh")] == ["--mesh-proxy="]


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
        assert policy["matchConditions"][1 : len(asked) + 1] == asked


def test_its_downward_api_files_are_those_that_the_container_reads(helm: Helm) -> None:
    (mutation,) = one(helm.objects(MODE), KIND)["spec"]["mutations"]

    shown = re.findall(r"\['(.+?)', \"metadata.annotations\['(.+?)'\]\"\]", _text(mutation))
    assert {name: file for file, name in shown} == keys.PODINFO_FILES


def _text(mutation: Any) -> str:
    return str(mutation["jsonPatch"]["expression"])


PAGE = (ROOT / "docs/injection-without-a-webhook.md").read_text().replace("\\\n", "")


def policy_and_injector(helm: Helm, *values: str) -> tuple[bool, bool]:
    """Whether the chart then has them."""
    found = {it["kind"] for it in helm.objects(*(f"--set={value}" for value in values))}
    return KIND in found, "Deployment" in found


def test_the_commands_of_its_page_are_options_that_the_chart_takes(helm: Helm) -> None:
    commands = re.findall(r"^helm upgrade.*", PAGE, re.MULTILINE)

    found = [policy_and_injector(helm, *re.findall(r"--set (\S+)", it)) for it in commands]

    assert found == [(True, False), (True, False), (False, True)]


def test_the_steps_of_its_page_have_both_in_between(helm: Helm) -> None:
    steps = re.findall(r"`mode: (\w+)`, `policy\.besideWebhook: (\w+)`", PAGE)

    found = [
        policy_and_injector(helm, f"injection.mode={mode}", f"injection.policy.besideWebhook={it}")
        for mode, it in steps
    ]

    assert found == [(True, True), (True, False), (True, True), (False, True)]
