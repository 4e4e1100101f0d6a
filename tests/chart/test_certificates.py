"""Who makes the certificate, by certificates.mode."""

import re
from typing import Any

import pytest

from injector.cli.certs import certs
from tests.chart.examples import certificate_job, injector, of_kind
from tests.chart.helm import Helm

PREFIX = "JASM_INJECTOR_CERTS"
MODES = ("job", "certManager", "secret")


def pod(helm: Helm, *arguments: str) -> dict[str, Any]:
    """The spec of the job's."""
    found: dict[str, Any] = certificate_job(helm.objects(*arguments))["spec"]["template"]["spec"]
    return found


def environment(container: dict[str, Any], **fields: str) -> dict[str, str]:
    """As the kubelet makes it; `fields` are those of the pod, by the end of their paths."""
    return {
        it["name"]: it["value"]
        if "value" in it
        else fields[it["valueFrom"]["fieldRef"]["fieldPath"].rpartition(".")[2]]
        for it in container["env"]
    }


def test_the_job_takes_namespace_and_names_from_its_pod_and_not_from_arguments(
    helm: Helm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kustomization changes them where they are fields, and never within an argument."""
    options = ["--set=fullnameOverride=acme", "--set=certificates.secretName=own"]
    (container,) = pod(helm, *options, "--set=certificates.job.days=90")["containers"]
    for name, text in environment(container, namespace="elsewhere").items():
        monkeypatch.setenv(name, text)

    context = certs.make_context("certs", list(container["args"]), auto_envvar_prefix=PREFIX)

    assert container["command"] == ["jasm-injector", "certs"]
    assert not re.search("acme|own|jasm-system", " ".join(container["args"]))
    expected = {"namespace": "elsewhere", "secret": "own", "days": 90, "interval_seconds": 5}
    expected |= dict.fromkeys(("service", "webhook"), "acme-injector")
    assert context.params.items() >= expected.items()


def test_the_job_runs_the_image_that_serves(helm: Helm) -> None:
    (serving,) = injector(helm.objects())["spec"]["template"]["spec"]["containers"]

    assert [it["image"] for it in pod(helm)["containers"]] == [serving["image"]]


def test_nothing_of_it_is_of_a_kind_that_cannot_be_changed_or_is_a_hook(helm: Helm) -> None:
    """A Job is refused by `helm upgrade --force` and `kubectl replace`; `helm install --wait` would
    wait for the injector before a hook, and the injector for it."""
    found = helm.objects()

    assert not {it["kind"] for it in found} & {"Job", "CronJob"}
    assert "helm.sh/hook" not in (certificate_job(found)["metadata"].get("annotations") or {})


def test_it_is_one_pod_that_stays(helm: Helm) -> None:
    spec = certificate_job(helm.objects())["spec"]

    assert spec["replicas"] == 1
    assert "restartPolicy" not in spec["template"]["spec"]  # Always


def test_every_right_is_bound_to_a_name(helm: Helm) -> None:
    rules = [
        rule
        for kind in ("Role", "ClusterRole")
        for it in of_kind(helm.objects(), kind)
        if it["metadata"]["name"] == "jasm-certificates"
        for rule in it["rules"]
    ]

    assert [(rule["resources"], rule["resourceNames"], rule["verbs"]) for rule in rules] == [
        (["secrets"], ["jasm-injector-tls"], ["get", "create", "patch", "delete"]),
        (["services"], ["jasm-injector"], ["get"]),
        (["mutatingwebhookconfigurations"], ["jasm-injector"], ["get", "patch"]),
        (["validatingwebhookconfigurations"], ["jasm-injector"], ["get", "patch"]),
    ]


def test_the_injector_sees_its_own_pair_and_not_the_next(helm: Helm) -> None:
    (volume,) = injector(helm.objects())["spec"]["template"]["spec"]["volumes"]

    assert [item["key"] for item in volume["secret"]["items"]] == ["tls.crt", "tls.key"]


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_makes_its_own_objects_only(helm: Helm, mode: str) -> None:
    objects = helm.objects(f"--set=certificates.mode={mode}")
    component = "app.kubernetes.io/component"
    made = {it["kind"] for it in objects if it["metadata"]["labels"][component] == "certificates"}

    roles = {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
    assert (
        made
        == {
            "job": {"Deployment", "NetworkPolicy"} | roles,
            "certManager": {"Issuer", "Certificate"},
            "secret": set(),
        }[mode]
    )


@pytest.mark.parametrize("mode", MODES)
def test_only_in_mode_secret_the_chart_itself_writes_the_bundle(helm: Helm, mode: str) -> None:
    """Else it would fight with who keeps it, at each upgrade and in GitOps."""
    bundle = "--set=certificates.caBundle=-----BEGIN CERTIFICATE-----"
    objects = helm.objects(f"--set=certificates.mode={mode}", bundle)
    (configuration,) = of_kind(objects, "MutatingWebhookConfiguration")

    written = {"caBundle" in entry["clientConfig"] for entry in configuration["webhooks"]}

    assert written == {mode == "secret"}


def test_cert_manager_is_told_whose_ca_to_inject(helm: Helm) -> None:
    objects = helm.objects("--set=certificates.mode=certManager")
    (configuration,) = of_kind(objects, "MutatingWebhookConfiguration")
    certificates = {it["metadata"]["name"]: it["spec"] for it in of_kind(objects, "Certificate")}
    annotation = configuration["metadata"]["annotations"]["cert-manager.io/inject-ca-from"]

    assert annotation == "jasm-system/jasm-injector"
    assert certificates["jasm-injector"]["secretName"] == "jasm-injector-tls"
    assert certificates["jasm-injector"]["dnsNames"] == ["jasm-injector.jasm-system.svc"]
    assert certificates["jasm-injector-ca"]["isCA"]
    assert certificates["jasm-injector-ca"]["privateKey"]["rotationPolicy"] == "Never"


def test_an_issuer_of_ones_own_needs_no_ca_of_jasms(helm: Helm) -> None:
    issuer = ["--set=certificates.certManager.issuerRef.name=corp"]
    issuer += ["--set=certificates.certManager.issuerRef.kind=ClusterIssuer"]
    objects = helm.objects("--set=certificates.mode=certManager", *issuer)

    (certificate,) = of_kind(objects, "Certificate")

    assert of_kind(objects, "Issuer") == []
    assert certificate["spec"]["issuerRef"] == {"name": "corp", "kind": "ClusterIssuer"}


def test_without_an_injector_there_is_no_certificate(helm: Helm) -> None:
    for mode in MODES:
        objects = helm.objects("--set=injection.mode=policy", f"--set=certificates.mode={mode}")

        assert [it for it in objects if "certificates" in it["metadata"]["name"]] == []
        assert of_kind(objects, "Certificate") == of_kind(objects, "Deployment") == []
