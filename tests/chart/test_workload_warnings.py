"""The registration by which authors of workloads are warned: what it may do, and the off switch."""

import base64
from typing import Any

from tests.chart.examples import of_kind, one
from tests.chart.helm import NAMESPACE, Helm

PEM = "-----BEGIN CERTIFICATE-----"
KIND = "ValidatingWebhookConfiguration"


def entry(objects: list[Any]) -> Any:
    (found,) = one(objects, KIND)["webhooks"]
    return found


def test_nobodys_apply_can_fail_by_it_nor_be_changed(helm: Helm) -> None:
    found = entry(
        helm.objects("--set=webhook.failurePolicy=Fail", "--set=webhook.timeoutSeconds=9")
    )

    assert (found["failurePolicy"], found["timeoutSeconds"]) == ("Ignore", 1)
    assert found["sideEffects"] == "None"
    assert {it for rule in found["rules"] for it in rule["resources"]} == {
        *("deployments", "statefulsets", "daemonsets", "jobs", "cronjobs"),
    }


def test_one_value_switches_it_off(helm: Helm) -> None:
    assert not of_kind(helm.objects("--set=webhook.workloadWarnings=false"), KIND)


def test_without_an_injector_there_is_none(helm: Helm) -> None:
    assert not of_kind(helm.objects("--set=injection.mode=policy"), KIND)
    assert of_kind(
        helm.objects("--set=injection.mode=webhook", "--set=injection.policy.besideWebhook=true"),
        KIND,
    )


def test_it_is_of_the_same_namespaces_name_and_injector(helm: Helm) -> None:
    options = ('webhook.namespaceSelector={"matchLabels": {"a": "b"}}', 'webhook.name="m-jasm"')
    objects = helm.objects(*(f"--set-json={it}" for it in options))
    ours, of_pods = entry(objects), one(objects, "MutatingWebhookConfiguration")

    assert one(objects, KIND)["metadata"]["name"] == of_pods["metadata"]["name"] == "m-jasm"
    assert ours["namespaceSelector"] == of_pods["webhooks"][0]["namespaceSelector"]
    assert ours["namespaceSelector"]["matchLabels"] == {"a": "b"}
    service = of_pods["webhooks"][0]["clientConfig"]["service"]
    assert ours["clientConfig"]["service"] == service | {"path": "/warn"}


def test_it_is_trusted_by_whoever_makes_the_certificate(helm: Helm) -> None:
    mine = ("--set=certificates.mode=secret", f"--set=certificates.caBundle={PEM}")
    of_cert_manager = one(helm.objects("--set=certificates.mode=certManager"), KIND)
    allowed = [
        rule["verbs"]
        for role in of_kind(helm.objects(), "ClusterRole")
        for rule in role["rules"]
        if "validatingwebhookconfigurations" in rule["resources"]
        and rule["resourceNames"] == ["jasm-injector"]
    ]

    bundle = entry(helm.objects(*mine))["clientConfig"]["caBundle"]
    assert base64.b64decode(bundle) == PEM.encode()
    assert of_cert_manager["metadata"]["annotations"] == {
        "cert-manager.io/inject-ca-from": f"{NAMESPACE}/jasm-injector"
    }
    assert allowed == [["get", "patch"]]
