"""Mistakes in values are named before anything is applied."""

import json

import pytest

from tests.chart.helm import Helm, HelmFailed

MISTAKES = {
    "a typo": ("injector.replcas=3", "'/injector': additional properties 'replcas' not allowed"),
    "a section that is none": ("webhooks.tries=1", "additional properties 'webhooks' not allowed"),
    "a mode that is none": ("injection.mode=hook", "'/injection/mode': value must be one of"),
    "a number for a text": ("injection.env.A=1", "'/injection/env/A': got number, want string"),
    "no replicas": ("injector.replicas=0", "'/injector/replicas': minimum: got 0, want 1"),
    "root": ("injection.runAsUser=0", "'/injection/runAsUser': minimum: got 0, want 1"),
    "half a digest": ("injector.image.digest=sha256:12", "'/injector/image/digest': 'sha256:12'"),
    "a tag with a digest": ("injector.image.tag=1@sha256:1", "'/injector/image/tag': '1@sha256:1'"),
    "a quantity that is none": ("injection.cpu=lots", "'/injection/cpu': 'lots' does not match"),
    "a token too short": ("injection.tokenSeconds=60", "minimum: got 60, want 600"),
    "four tries": ("webhook.tries=4", "'/webhook/tries': maximum: got 4, want 2"),
    "a timeout too long": ("webhook.timeoutSeconds=60", "maximum: got 60, want 30"),
    "the chart's own label": (
        r"commonLabels.app\.kubernetes\.io/name=x",
        "invalid propertyName 'app.kubernetes.io/name'",
    ),
    "a namespace without its name": (
        "rbac.namespaces[0].serviceAccounts={app}",
        "'/rbac/namespaces/0': missing property 'namespace'",
    ),
    "no certificate at all": ("certificates.caBundle=ca.crt", "'/certificates/caBundle'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_schema_names(helm: Helm, mistake: str) -> None:
    setting, sentence = MISTAKES[mistake]

    with pytest.raises(HelmFailed) as refused:
        helm.template(f"--set={setting}")

    assert sentence in str(refused.value)


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
