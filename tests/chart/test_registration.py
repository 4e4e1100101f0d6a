"""The webhook configuration: its name, and what each of its entries is told."""

from typing import Any

import yaml

from tests.chart.examples import of_kind, one
from tests.chart.helm import NAMESPACE, Helm


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
