"""Every value changes what is rendered, and the important ones where they should."""

from functools import reduce
from typing import Any

import pytest

from injector.cli import main
from tests.chart.examples import (
    Object,
    arguments,
    injector,
    of_component,
    of_kind,
    pod_templates,
)
from tests.chart.helm import Helm
from tests.chart.values import DEFAULTS, needed, option, other

Rendered = dict[tuple[str, ...], list[Object]]


@pytest.fixture(scope="module")
def before(helm: Helm) -> Rendered:
    """What is rendered with no more than other values need."""
    return {way: helm.objects(*way) for way in {tuple(needed(name)) for name in DEFAULTS}}


@pytest.mark.parametrize("name", DEFAULTS)
def test_this_value_changes_what_is_rendered(helm: Helm, before: Rendered, name: str) -> None:
    way = needed(name)

    assert helm.objects(*way, option(name, other(name))) != before[tuple(way)]


POD = "spec.template.spec"
CONTAINER = f"{POD}.containers.0"
LANDS: dict[str, list[str]] = {
    "injector.affinity": [f"Deployment {POD}.affinity"],
    "injector.tolerations": [
        *(f"Deployment {POD}.tolerations", "Pod spec.tolerations"),
    ],
    "injector.priorityClassName": [f"Deployment {POD}.priorityClassName"],
    "injector.podLabels": ["Deployment spec.template.metadata.labels"],
    "injector.podAnnotations": ["Deployment spec.template.metadata.annotations"],
    "injector.serviceAccount.name": [
        *(f"Deployment {POD}.serviceAccountName", f"Deployment {POD}.serviceAccount"),
        "ServiceAccount metadata.name",
    ],
    "injector.serviceAccount.annotations": ["ServiceAccount metadata.annotations"],
    "injector.service.annotations": ["Service metadata.annotations"],
    "injector.autoscaling.behavior": ["HorizontalPodAutoscaler spec.behavior"],
    "injector.preStopSeconds": [f"Deployment {CONTAINER}.lifecycle.preStop.sleep.seconds"],
    "injector.port": [f"Deployment {CONTAINER}.ports.0.containerPort"],
    "injector.resources.requests.cpu": [f"Deployment {CONTAINER}.resources.requests.cpu"],
    "injector.strategy": ["Deployment spec.strategy"],
    "injector.revisionHistoryLimit": ["Deployment spec.revisionHistoryLimit"],
    "injector.podSecurityContext.runAsNonRoot": [
        f"Deployment {POD}.securityContext.runAsNonRoot",
        "Pod spec.securityContext.runAsNonRoot",
    ],
    "injector.extraEnv": [f"Deployment {CONTAINER}.env"],
    "injector.extraVolumes": [f"Deployment {POD}.volumes"],
    "injector.extraVolumeMounts": [f"Deployment {CONTAINER}.volumeMounts"],
    "injector.service.ipFamilyPolicy": ["Service spec.ipFamilyPolicy"],
    "injector.service.ipFamilies": ["Service spec.ipFamilies"],
    "monitoring.serviceMonitor.relabelings": ["ServiceMonitor spec.endpoints.0.relabelings"],
    "monitoring.serviceMonitor.metricRelabelings": [
        "ServiceMonitor spec.endpoints.0.metricRelabelings"
    ],
    "tests.resources.requests.cpu": ["Pod spec.containers.0.resources.requests.cpu"],
    "networkPolicy.to": ["NetworkPolicy spec.egress.0.to"],
    "webhook.annotations": ["MutatingWebhookConfiguration metadata.annotations"],
    "certificates.job.podLabels": ["Deployment spec.template.metadata.labels"],
    "certificates.job.podAnnotations": ["Deployment spec.template.metadata.annotations"],
    "certificates.certManager.caDuration": ["Certificate spec.duration"],
    "certificates.certManager.renewBefore": ["Certificate spec.renewBefore"],
}
ARGUMENTS = {
    "injector.port": ("injector", "--port=16886"),
    "injection.tokens": ("injector", "--token=a=b"),
    "injection.secretLabels": ("injector", "--secret-label=a=b"),
    "injector.log.level": ("injector", "--log-level=error"),
    "injector.log.format": ("injector", "--log-format=text"),
    "injector.extraArgs": ("injector", "--other"),
    "certificates.job.trustSeconds": ("certificates", "--trust-seconds=120"),
    "certificates.job.reloadSeconds": ("certificates", "--reload-seconds=1200"),
    "certificates.job.intervalSeconds": ("certificates", "--interval-seconds=10"),
}


def at(manifest: Object, path: str) -> Any:
    """What is there, or nothing."""
    return reduce(
        lambda found, key: found[int(key)] if isinstance(found, list) else found.get(key, {}),
        path.split("."),
        manifest,
    )


def has(found: Any, wanted: Any) -> bool:
    """Whether it is that, or has it among its own."""
    if isinstance(wanted, list) and isinstance(found, list):
        return all(it in found for it in wanted)
    return bool(found == wanted or (isinstance(wanted, dict) and found.items() >= wanted.items()))


@pytest.mark.parametrize("name", LANDS)
def test_this_value_lands_where_it_should(helm: Helm, name: str) -> None:
    found = helm.objects(*needed(name), option(name, other(name)))

    for place in LANDS[name]:
        kind, _, path = place.partition(" ")
        assert any(has(at(it, path), other(name)) for it in of_kind(found, kind)), place


@pytest.mark.parametrize("name", ARGUMENTS)
def test_this_value_is_an_argument(helm: Helm, name: str) -> None:
    component, argument = ARGUMENTS[name]

    found = of_component(helm.objects(option(name, other(name))), component)

    assert argument in at(found, CONTAINER)["args"]


def test_labels_and_annotations_of_the_pods_are_of_the_pods_only(helm: Helm) -> None:
    options = (option(f"injector.pod{it}", {"a": "b"}) for it in ("Labels", "Annotations"))
    deployment = injector(helm.objects(*options))

    for text in (deployment["metadata"], deployment["spec"]["selector"]):
        assert "'a': 'b'" not in str(text)


def test_an_account_of_ones_own_is_not_made(helm: Helm) -> None:
    options = (
        option("injector.serviceAccount.create", False),
        option("injector.serviceAccount.name", "own"),
    )
    found = helm.objects(*options)

    assert at(injector(found), f"{POD}.serviceAccountName") == "own"
    assert "own" not in {it["metadata"]["name"] for it in of_kind(found, "ServiceAccount")}


def test_who_may_call_the_injector_is_as_listed_and_the_pod_of_helm_test(helm: Helm) -> None:
    prometheus = {"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}
    (policy,) = (
        it
        for it in of_kind(helm.objects(option("networkPolicy.from", [prometheus])), "NetworkPolicy")
        if it["metadata"]["name"] == "jasm-injector"
    )
    (rule,) = policy["spec"]["ingress"]

    first, second = rule["from"]
    assert first == prometheus
    assert second["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "test"


def test_a_field_of_a_security_context_can_be_left_out_of_every_pod_of_jasms_own(
    helm: Helm,
) -> None:
    """As some clusters want it, which forbid it."""
    fields = ("podSecurityContext.seccompProfile", "securityContext.capabilities")
    found = helm.objects(*(f"--set=injector.{it}=null" for it in fields))

    for pod in pod_templates(found):
        (container,) = pod["spec"]["containers"]
        assert set(pod["spec"]["securityContext"]) == {"runAsNonRoot", "runAsUser"}
        assert set(container["securityContext"]) == {
            *("allowPrivilegeEscalation", "readOnlyRootFilesystem"),
        }


def test_an_argument_of_ones_own_counts_in_place_of_the_chart_s(helm: Helm) -> None:
    found = arguments(helm.objects(option("injector.extraArgs", ["--cpu=77m"])))

    context = main.serve.make_context("serve", found[1:])

    assert context.params["cpu"] == "77m"


def test_further_objects_are_manifests_or_texts_whose_templates_are_filled_in(helm: Helm) -> None:
    name = "{{ .Release.Namespace }}-more"
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: '{name}'}}\n"

    found = helm.objects(option("extraObjects", [manifest, text]))

    named = {it["kind"]: it["metadata"]["name"] for it in found if "-more" in str(it)}
    assert named == dict.fromkeys(("ConfigMap", "Secret"), "jasm-system-more")
