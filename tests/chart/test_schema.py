"""Mistakes in values are named before anything is applied."""

import json
from pathlib import Path

import pytest

from tests.chart.examples import injector, one
from tests.chart.helm import Helm, HelmFailed

MISTAKES = {
    "a typo": ("injector.replcas=3", "'/injector': additional properties 'replcas' not allowed"),
    "a section that is none": ("webhooks.tries=1", "additional properties 'webhooks' not allowed"),
    "a mode that is none": ("injection.mode=hook", "'/injection/mode': value must be one of"),
    "a number for a text": ("injection.env.A=1", "'/injection/env/A': got number, want string"),
    "no replicas": ("injector.replicas=0", "'/injector/replicas': minimum: got 0, want 1"),
    "root": ("injection.runAsUser=0", "'/injection/runAsUser': minimum: got 0, want 1"),
    "seconds that are none": ("injection.env.JASM_TIMEOUT=90.", "'90.' does not match pattern"),
    "half a digest": ("injector.image.digest=sha256:12", "'/injector/image/digest': 'sha256:12'"),
    "a tag with a digest": ("injector.image.tag=1@sha256:1", "'/injector/image/tag': '1@sha256:1'"),
    "a quantity that is none": ("injection.cpu=lots", "'/injection/cpu': 'lots' does not match"),
    "a token too short": ("injection.tokenSeconds=60", "minimum: got 60, want 600"),
    "the API server's token, for a store": (
        "injection.tokens.token=x",
        "'/injection/tokens/token': got string, want null",
    ),
    "what else is beside the tokens": (
        r"injection.tokens.cloud-credentials\.json=x",
        "'/injection/tokens/cloud-credentials.json': got string, want null",
    ),
    "a token for the API server": ("injection.tokens.a=", "'/injection/tokens/a': ''"),
    "a file elsewhere": (
        r"injection.tokens.\.\./a=x",
        "'/injection/tokens': additional properties '../a' not allowed",
    ),
    "four tries": ("webhook.tries=4", "'/webhook/tries': maximum: got 4, want 2"),
    "a timeout too long": ("webhook.timeoutSeconds=60", "maximum: got 60, want 30"),
    "the chart's own label": (
        r"commonLabels.app\.kubernetes\.io/name=x",
        "'/commonLabels/app.kubernetes.io~1name': got string, want null",
    ),
    "the chart's own label, of pods": (
        r"certificates.job.podLabels.helm\.sh/chart=x",
        "'/certificates/job/podLabels/helm.sh~1chart': got string, want null",
    ),
    "a variable's name that is none": (
        "injection.env.A B=x",
        "'/injection/env': additional properties 'A B' not allowed",
    ),
    "a namespace without its name": (
        "rbac.namespaces[0].serviceAccounts={app}",
        "'/rbac/namespaces/0': missing property 'namespace'",
    ),
    "no certificate at all": ("certificates.caBundle=ca.crt", "'/certificates/caBundle'"),
}


def refusal(helm: Helm, setting: str) -> str:
    """What Helm says of values that it must refuse."""
    with pytest.raises(HelmFailed) as refused:
        helm.template(f"--set={setting}")
    return str(refused.value)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_schema_names(helm: Helm, mistake: str) -> None:
    setting, sentence = MISTAKES[mistake]

    assert sentence in refusal(helm, setting)


TOGETHER = {
    "a pod that is killed before it ends": (
        "injector.preStopSeconds=45",
        "terminationGracePeriodSeconds (45) must be more than injector.preStopSeconds (45)",
    ),
    "at least more than at most": (
        "injector.autoscaling.enabled=true,injector.autoscaling.minReplicas=7",
        "injector.autoscaling.minReplicas (7) must not be more than maxReplicas (6)",
    ),
    "a budget that says nothing": (
        "injector.podDisruptionBudget.maxUnavailable=null",
        "has neither maxUnavailable nor minAvailable: set one, or enabled to false",
    ),
}


@pytest.mark.parametrize("mistake", TOGETHER)
def test_values_that_do_not_go_together_are_named(helm: Helm, mistake: str) -> None:
    setting, sentence = TOGETHER[mistake]

    assert sentence in refusal(helm, setting)


def test_a_selector_may_name_any_label_of_the_pods(helm: Helm) -> None:
    label = {"app.kubernetes.io/name": "shop"}
    selector = json.dumps({"matchLabels": label})

    found = helm.objects(f"--set-json=webhook.objectSelector={selector}")

    for webhook in one(found, "MutatingWebhookConfiguration")["webhooks"]:
        assert webhook["objectSelector"]["matchLabels"] == label


def test_a_million_is_a_whole_number(helm: Helm, tmp_path: Path) -> None:
    """Helm reads numbers of a file as floats, and writes large ones as 1e+06."""
    numbers = {"replicas": 10**6, "terminationGracePeriodSeconds": 10**6}
    (tmp_path / "values.yaml").write_text(json.dumps({"injector": numbers}))

    spec = injector(helm.objects(f"--values={tmp_path}/values.yaml"))["spec"]

    assert type(spec["replicas"]) is int
    assert type(spec["template"]["spec"]["terminationGracePeriodSeconds"]) is int


def test_a_name_that_sorts_behind_the_aws_webhook_is_refused(helm: Helm) -> None:
    with pytest.raises(HelmFailed, match='must sort before "pod-identity-webhook"'):
        helm.template("--set=fullnameOverride=zz")


def test_a_service_account_that_is_listed_twice_is_refused(helm: Helm) -> None:
    first = {"namespace": "shop", "serviceAccounts": ["app"]}
    listed = json.dumps([first, first | {"secretNames": ["db"]}])

    with pytest.raises(HelmFailed, match=r"shop/app twice: put its secretNames into one item"):
        helm.template(f"--set-json=rbac.namespaces={listed}")


def test_a_cluster_that_is_too_old_is_refused(helm: Helm) -> None:
    with pytest.raises(HelmFailed, match=r"requires kubeVersion: >=1.30.0-0"):
        helm.template("--kube-version=1.29.9")
