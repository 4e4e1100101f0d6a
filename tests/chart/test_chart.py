"""What the chart renders, offline: with every example, and setting by setting."""

import json

import pytest
from click.testing import CliRunner

from initsync.kube import rbac
from injector.cli import main
from tests.chart import examples
from tests.chart.examples import arguments, injector, objects, of_kind, one, options, pod_templates
from tests.chart.helm import CHART, Helm

OWN = "app.kubernetes.io/"


@pytest.mark.parametrize("name", examples.NAMES)
def test_helm_lints_it_strictly(helm: Helm, name: str) -> None:
    said = helm.run("lint", str(CHART), "--strict", *options(name))

    assert "0 chart(s) failed" in said
    assert "[WARNING]" not in said


@pytest.mark.parametrize("name", examples.NAMES)
def test_what_is_rendered_twice_is_the_same_twice(helm: Helm, name: str) -> None:
    assert helm.rendered(*options(name)) == helm.rendered(*options(name))


@pytest.mark.parametrize("name", examples.NAMES[1:])
def test_each_example_says_for_whom_it_is(name: str) -> None:
    assert examples.text(name).startswith("# For ")


def test_every_object_has_the_common_labels_and_annotations(helm: Helm) -> None:
    more = ["--set=commonLabels.team=platform", "--set=commonAnnotations.a=b"]

    found = helm.objects(*more, *options("teams"), *options("monitoring"))

    assert len(found) > 15
    for manifest in found:
        metadata = manifest["metadata"]
        assert metadata["labels"]["team"] == "platform", metadata["name"]
        assert metadata["annotations"]["a"] == "b", metadata["name"]
        assert metadata["labels"]["helm.sh/chart"].startswith("jasm-")
        assert {"name", "instance", "component"} <= {
            key.removeprefix(OWN) for key in metadata["labels"]
        }


def test_what_selects_pods_selects_the_deployments(helm: Helm) -> None:
    found = objects(helm, "defaults")
    deployment = injector(found)["spec"]
    labels = deployment["template"]["metadata"]["labels"]

    assert labels.items() >= deployment["selector"]["matchLabels"].items()
    assert one(found, "Service")["spec"]["selector"].items() <= labels.items()
    budget = one(found, "PodDisruptionBudget")["spec"]
    assert budget["selector"]["matchLabels"].items() <= labels.items()


def test_each_pod_has_its_network_policy(helm: Helm) -> None:
    found = objects(helm, "defaults")
    rules = {it["metadata"]["name"]: it["spec"] for it in of_kind(found, "NetworkPolicy")}

    selected = {
        name
        for template in pod_templates(found)
        for name, spec in rules.items()
        if spec["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    }
    assert selected == set(rules) == {"jasm-injector", "jasm-certificates", "jasm-test"}
    assert "egress" not in rules["jasm-injector"], "it calls nobody"
    for name in ("jasm-certificates", "jasm-test"):
        assert ({} in rules[name]["egress"], "ingress" in rules[name]) == (True, False)


CLUSTER_WIDE = {
    "tests.enabled=false": {"jasm-test"},
    "guard.aggregateToAdmin=false": {"jasm-namespace-admin"},
    "certificates.mode=secret": {"jasm-certificates"},
}


def test_only_what_a_feature_needs_has_rights_in_the_whole_cluster(helm: Helm) -> None:
    def wide(*settings: str) -> set[str]:
        found = helm.objects(*(f"--set={it}" for it in settings))
        return {it["metadata"]["name"] for it in found if it["kind"].startswith("ClusterRole")}

    everything = wide()

    assert wide(*CLUSTER_WIDE) == set()
    for setting, names in CLUSTER_WIDE.items():
        assert everything - wide(setting) == names


@pytest.mark.parametrize("name", [it for it in examples.NAMES if it != "policy-mode"])
def test_the_injector_takes_the_command_line(helm: Helm, name: str) -> None:
    """All of it but the certificate, which is not there."""
    answer = CliRunner().invoke(main.main, arguments(objects(helm, name)))

    assert answer.exit_code == 1
    assert "no usable tls.crt and tls.key in /etc/jasm/certs" in str(answer.exception)


def test_every_setting_of_the_injector_can_be_set_by_the_chart(helm: Helm) -> None:
    own = (
        *("containerRestartPolicy=true", "env.A=b", "caBundle.configMap=c", "imagePullSecrets={d}"),
        *("secretLabels.a=b", "tokens.a=b", "credentials.configMap=c"),
    )
    said = arguments(helm.objects(*(f"--set=injection.{it}" for it in own)))
    given = {argument.partition("=")[0] for argument in said[1:]}

    known = {option.opts[0] for option in main.serve.params}

    assert known - given == {"--host"}


def test_a_variable_of_the_injected_containers_is_not_expanded_by_the_injectors_own_pod(
    helm: Helm,
) -> None:
    assert "--env=A=$$(B) c" in arguments(helm.objects("--set=injection.env.A=$(B) c"))


def test_openshift_chooses_the_users(helm: Helm) -> None:
    found = objects(helm, "openshift")

    assert {"--run-as-user=-1", "--seccomp-profile=none"} <= {*arguments(found)}
    for template in pod_templates(found):
        assert "runAsUser" not in json.dumps(template["spec"])


def test_autoscaling_leaves_the_number_of_replicas_alone(helm: Helm) -> None:
    found = objects(helm, "high-availability")

    assert "replicas" not in injector(found)["spec"]
    assert one(found, "HorizontalPodAutoscaler")["spec"]["minReplicas"] == 3
    assert one(found, "PodDisruptionBudget")["spec"]["minAvailable"] == 2


@pytest.mark.parametrize(
    ("name", "unavailable", "surge"), [("defaults", 0, 1), ("host-network", 1, 0)]
)
def test_a_rollout_never_waits_for_a_port_that_an_old_pod_has(
    helm: Helm, name: str, unavailable: int, surge: int
) -> None:
    strategy = injector(objects(helm, name))["spec"]["strategy"]["rollingUpdate"]

    assert strategy == {"maxUnavailable": unavailable, "maxSurge": surge}


def test_no_seconds_before_the_end_are_no_hook(helm: Helm) -> None:
    """Before 1.33 Kubernetes refuses to sleep for none."""
    found = injector(helm.objects("--set=injector.preStopSeconds=0"))

    assert "lifecycle" not in found["spec"]["template"]["spec"]["containers"][0]


def test_the_spread_selects_the_injectors_pods(helm: Helm) -> None:
    for name in ("defaults", "high-availability"):
        deployment = injector(objects(helm, name))["spec"]
        constraints = deployment["template"]["spec"]["topologySpreadConstraints"]

        assert len(constraints) == 2
        assert all(it["labelSelector"] == deployment["selector"] for it in constraints)


def test_the_roles_are_those_of_a_sync_and_no_more(helm: Helm) -> None:
    found = [
        it for it in objects(helm, "teams") if it["metadata"]["labels"][f"{OWN}component"] == "sync"
    ]

    roles = {
        (it["metadata"]["namespace"], it["metadata"]["name"]): it["rules"]
        for it in of_kind(found, "Role")
    }
    assert roles == {
        ("shop", "jasm-sync-app"): rbac.rules("app-credentials"),
        ("shop", "jasm-sync-worker"): rbac.rules("app-credentials"),
        ("shop", "jasm-sync-migration"): rbac.rules("database-owner"),
        ("sandbox", "jasm-sync"): rbac.rules(),
    }
    subjects = {
        (it["metadata"]["namespace"], it["roleRef"]["name"]): it["subjects"][0]["name"]
        for it in of_kind(found, "RoleBinding")
    }
    assert subjects[("shop", "jasm-sync-app")] == "app"
    assert subjects[("sandbox", "jasm-sync")] == "system:serviceaccounts:sandbox"
    assert set(subjects) == set(roles)


@pytest.mark.parametrize("feature", ["tests", "networkPolicy", "injector.podDisruptionBudget"])
def test_what_is_switched_off_is_not_there(helm: Helm, feature: str) -> None:
    whole = {(it["kind"], it["metadata"]["name"]) for it in helm.objects()}

    less = {
        (it["kind"], it["metadata"]["name"])
        for it in helm.objects(f"--set={feature}.enabled=false")
    }

    assert less < whole


def test_without_a_webhook_nothing_of_the_injector_is_there(helm: Helm) -> None:
    kinds = {it["kind"] for it in objects(helm, "policy-mode")}

    assert kinds & {"Deployment", "Service", "MutatingWebhookConfiguration", "Pod"} == set()
