"""The webhook configuration: its name, and what each of its entries is told."""

import re
from typing import Any

import yaml

from initsync.testing import manifests
from tests.chart.examples import certificate_job, of_kind, one
from tests.chart.helm import NAMESPACE, ROOT, Helm


def test_the_release_s_name_makes_names_that_sort_before_the_aws_webhook(helm: Helm) -> None:
    for release, name in (("jasm", "jasm"), ("jasm-eu", "jasm-eu"), ("secrets", "jasm-secrets")):
        found = list(yaml.safe_load_all(helm.template(name=release)))

        (registration,) = of_kind([it for it in found if it], "MutatingWebhookConfiguration")
        assert registration["metadata"]["name"] == f"{name}-injector"
        assert registration["metadata"]["name"] < "pod-identity-webhook"


def webhooks(helm: Helm, *settings: str) -> list[Any]:
    found = one(
        helm.objects(*(f"--set-json={it}" for it in settings)), "MutatingWebhookConfiguration"
    )
    return list(found["webhooks"])


def test_the_webhook_s_settings_reach_every_entry(helm: Helm) -> None:
    found = webhooks(
        helm,
        'webhook.namespaceSelector={"matchLabels": {"a": "b"}}',
        'webhook.objectSelector={"matchExpressions": [{"key": "c", "operator": "Exists"}]}',
        'webhook.matchConditions=[{"name": "mine", "expression": "true"}]',
        'webhook.excludedNamespaces=["x"]',
        "webhook.timeoutSeconds=7",
    )

    assert [it["timeoutSeconds"] for it in found] == [1, 1, 7]
    for webhook in found:
        names, *_ = webhook["namespaceSelector"]["matchExpressions"]
        assert names["values"] == ["x", NAMESPACE]
        assert webhook["namespaceSelector"]["matchLabels"] == {"a": "b"}
        assert webhook["objectSelector"]["matchExpressions"][-1]["key"] == "c"
        assert webhook["matchConditions"][-1]["name"] == "mine"


def test_one_try_and_a_lenient_one(helm: Helm) -> None:
    found = webhooks(helm, "webhook.tries=0", 'webhook.failurePolicy="Ignore"')

    assert [(it["name"], it["failurePolicy"]) for it in found] == [
        ("injector.jasm.codnod.io", "Ignore")
    ]


def test_no_tries_or_less_than_two_still_end_with_the_one_that_may_not_fail(helm: Helm) -> None:
    assert [it["failurePolicy"] for it in webhooks(helm, "webhook.tries=1")] == ["Ignore", "Fail"]


def test_everything_that_names_it_has_the_name_that_was_chosen(helm: Helm) -> None:
    """Else the certificate job, `helm test` or who may read it would be about another."""
    option = "--set=webhook.name=m-jasm-injector"
    plain, chosen = helm.objects(), helm.objects(option)
    names = {it["metadata"]["name"] for it in of_kind(chosen, "MutatingWebhookConfiguration")}
    allowed = [
        rule["resourceNames"]
        for role in of_kind(chosen, "ClusterRole")
        for rule in role["rules"]
        if "mutatingwebhookconfigurations" in rule["resources"]
    ]
    (tested,) = of_kind(chosen, "Pod")
    (job,) = certificate_job(chosen)["spec"]["template"]["spec"]["containers"]

    assert names == {"m-jasm-injector"}
    assert allowed == [["m-jasm-injector"]] * 2
    assert "--registration=m-jasm-injector" in tested["spec"]["containers"][0]["command"]
    assert {"name": "JASM_INJECTOR_CERTS_WEBHOOK", "value": "m-jasm-injector"} in job["env"]
    service = one(chosen, "Service")["metadata"]["name"]
    assert service == one(plain, "Service")["metadata"]["name"]


def test_the_name_of_the_page_sorts_between_kyverno_s_and_the_aws_webhook_s() -> None:
    page = (ROOT / "docs/install.md").read_text()
    (name,) = re.findall(r"^webhook:\n  name: (\S+)$", page, re.MULTILINE)

    assert "kyverno-resource-mutating-webhook-cfg" < name < "pod-identity-webhook"


def test_the_conditions_that_the_cluster_s_tests_register_are_those_that_we_ship() -> None:
    file = ROOT / "deploy" / "manifests" / "mutatingwebhookconfiguration.yaml"
    shipped = yaml.safe_load(file.read_text())["webhooks"]
    ours = manifests.webhook_configuration({})["webhooks"]

    for tested, real in zip(ours, shipped, strict=True):
        for field in tested.keys() - {"clientConfig"}:
            assert tested[field] == real[field], field
