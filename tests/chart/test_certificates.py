"""Who makes the certificate, by certificates.mode."""

from typing import Any

import pytest

from injector.cli_certs import certs
from tests.chart.helm import Helm

MODES = ("job", "certManager", "secret")


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [it for it in objects if it["kind"] == kind]


def pods(helm: Helm, *arguments: str) -> list[dict[str, Any]]:
    """The specs of the job's pods: of the Job, and of the CronJob."""
    objects = helm.objects(*arguments)
    (job,) = of_kind(objects, "Job")
    (cron,) = of_kind(objects, "CronJob")
    return [it["template"]["spec"] for it in (job["spec"], cron["spec"]["jobTemplate"]["spec"])]


def test_the_job_takes_the_command_line(helm: Helm) -> None:
    for pod in pods(helm, "--set=certificates.job.days=90"):
        (container,) = pod["containers"]
        context = certs.make_context("certs", list(container["args"]))

        assert container["command"] == ["jasm-injector", "certs"]
        assert context.params["secret"] == "jasm-injector-tls"
        assert context.params["namespace"] == "jasm-system"
        assert context.params["service"] == context.params["webhook"] == "jasm-injector"
        assert context.params["days"] == 90


def test_the_job_runs_the_image_that_serves(helm: Helm) -> None:
    (deployment,) = of_kind(helm.objects(), "Deployment")
    serving = deployment["spec"]["template"]["spec"]["containers"][0]["image"]

    assert {pod["containers"][0]["image"] for pod in pods(helm)} == {serving}


def test_another_spec_is_another_job_and_the_same_one_stays(helm: Helm) -> None:
    """Jobs cannot be changed: an upgrade with another image would fail."""
    names = [
        of_kind(helm.objects(*arguments), "Job")[0]["metadata"]["name"]
        for arguments in ([], ["--set=injector.replicas=5"], ["--set-string=injector.image.tag=9"])
    ]

    assert names[0] == names[1] != names[2]


def test_the_job_is_no_hook(helm: Helm) -> None:
    """`helm install --wait` would wait for the injector before it, and the injector for it."""
    (job,) = of_kind(helm.objects(), "Job")

    assert "helm.sh/hook" not in (job["metadata"].get("annotations") or {})


def test_the_first_job_waits_for_nodes_and_network_as_long_as_they_take(helm: Helm) -> None:
    """Its time counts from its creation: with a deadline a cluster that is built slowly has none.

    And it stays: what removes it by itself has GitOps tools make it again, for ever.
    """
    (job,) = of_kind(helm.objects(), "Job")

    assert {"activeDeadlineSeconds", "ttlSecondsAfterFinished"}.isdisjoint(job["spec"])


def test_a_renewal_that_hangs_is_ended_before_the_next_but_one(helm: Helm) -> None:
    (cron,) = of_kind(helm.objects(), "CronJob")
    run = cron["spec"]["jobTemplate"]["spec"]

    assert cron["spec"]["concurrencyPolicy"] == "Forbid"
    assert run["activeDeadlineSeconds"] == 600
    assert cron["spec"]["schedule"] == "*/10 * * * *"


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
    ]


def test_the_injector_sees_its_own_pair_and_not_the_next(helm: Helm) -> None:
    (deployment,) = of_kind(helm.objects(), "Deployment")
    (volume,) = deployment["spec"]["template"]["spec"]["volumes"]

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
            "job": {"Job", "CronJob", "NetworkPolicy"} | roles,
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
        assert of_kind(objects, "Certificate") == of_kind(objects, "Job") == []
