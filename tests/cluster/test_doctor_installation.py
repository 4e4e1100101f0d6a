"""`initsync doctor` without a pod: each part of JASM's installation broken, and its line."""

import json
from collections.abc import Callable, Iterator

import pytest

from initsync import __version__
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.chart.helm import Helm
from tests.cluster import policy_side
from tests.cluster.clinic import SYSTEM, TLS, Clinic, documents
from tests.cluster.ward import Ward

(HOOKS,) = documents("mutatingwebhookconfiguration.yaml")
GUARD = {found["kind"]: found for found in documents("guard.yaml")}
POLICY = GUARD["ValidatingAdmissionPolicy"]
BINDING = GUARD["ValidatingAdmissionPolicyBinding"]
(DEPLOYMENT,) = documents("deployment.yaml")
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": TLS, "namespace": SYSTEM}}


@pytest.fixture
def broken(clinic: Clinic, ward: Ward) -> Iterator[Ward]:
    """What is broken by a test is mended after it."""
    yield ward
    clinic.certificate(days=365)


def hooks(clinic: Clinic) -> list[JsonObject]:
    found: list[JsonObject] = clinic.api.get(HOOKS)["webhooks"]
    return found


def not_registered(clinic: Clinic) -> None:
    clinic.delete(HOOKS)


def no_bundle_in_one(clinic: Clinic) -> None:
    entries = hooks(clinic)
    del entries[1]["clientConfig"]["caBundle"]
    clinic.patch(HOOKS, {"webhooks": entries})


def another_ca_in_one(clinic: Clinic) -> None:
    before = hooks(clinic)
    clinic.certificate(days=365)
    entries = hooks(clinic)
    entries[0]["clientConfig"] = before[0]["clientConfig"]
    clinic.patch(HOOKS, {"webhooks": entries})


def another_ca(clinic: Clinic) -> None:
    before = hooks(clinic)
    clinic.certificate(days=365)
    clinic.patch(HOOKS, {"webhooks": before})


def not_ready(clinic: Clinic) -> None:
    clinic.endpoints(ready=False)


def ended(clinic: Clinic) -> None:
    clinic.certificate(days=10, age=20)


def ends_soon(clinic: Clinic) -> None:
    clinic.certificate(days=100, age=90)


def of_another_name(clinic: Clinic) -> None:
    clinic.certificate(days=365, host="jasm-injector.elsewhere.svc")


def no_certificate(clinic: Clinic) -> None:
    clinic.delete(SECRET)


def garbage_for_a_certificate(clinic: Clinic) -> None:
    clinic.patch(SECRET, {"data": {"tls.crt": "cGw0bnRlZA=="}})


def no_guard(clinic: Clinic) -> None:
    clinic.delete(BINDING)
    clinic.delete(POLICY)


def guard_that_only_logs(clinic: Clinic) -> None:
    clinic.patch(BINDING, {"spec": {"validationActions": ["Audit"]}})


def another_version(clinic: Clinic) -> None:
    spec = clinic.api.get(DEPLOYMENT)["spec"]["template"]["spec"]
    spec["containers"][0]["image"] = "jasm/injector:0.0.1"
    clinic.patch(DEPLOYMENT, {"spec": {"template": {"spec": spec}}})


FAULTS: dict[Callable[[Clinic], None], tuple[int, list[str]]] = {
    not_registered: (
        5,
        ["failed  registration: neither a webhook nor a MutatingAdmissionPolicy of JASM injects"],
    ),
    no_bundle_in_one: (
        5,
        [
            "failed  registration: MutatingWebhookConfiguration jasm-injector has no caBundle in "
            "second.injector.jasm.codnod.io; put the injector's CA there"
        ],
    ),
    another_ca_in_one: (
        5,
        [
            "warning registration: the entries of MutatingWebhookConfiguration jasm-injector have "
            "different caBundles",
            "failed  certificate: that in Secret jasm-system/jasm-injector-tls is signed by no "
            "valid CA of the webhook's caBundle",
        ],
    ),
    another_ca: (
        5,
        [
            "failed  certificate: that in Secret jasm-system/jasm-injector-tls is signed by no "
            "valid CA of the webhook's caBundle"
        ],
    ),
    not_ready: (
        5,
        [
            "failed  injector: 0 of 2 endpoints of Service jasm-system/jasm-injector are ready: "
            "annotated pods cannot be made; look at its pods: kubectl -n jasm-system get pods"
        ],
    ),
    ended: (5, ["failed  certificate: that in Secret jasm-system/jasm-injector-tls ended at 20"]),
    ends_soon: (
        0,
        ["warning certificate: that in Secret jasm-system/jasm-injector-tls is valid for 9d"],
    ),
    of_another_name: (
        5,
        [
            "failed  certificate: that in Secret jasm-system/jasm-injector-tls is not for "
            "jasm-injector.jasm-system.svc"
        ],
    ),
    no_certificate: (5, ["failed  certificate: the Secret of the injector's certificate is not"]),
    garbage_for_a_certificate: (
        5,
        ["failed  certificate: tls.crt of Secret jasm-system/jasm-injector-tls, or a caBundle,"],
    ),
    no_guard: (0, ["warning guard: no ValidatingAdmissionPolicy of JASM is there"]),
    guard_that_only_logs: (0, ["warning guard: ValidatingAdmissionPolicy jasm-guard denies noth"]),
    another_version: (0, ["warning versions: this is initsync 0."]),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_what_is_wrong_stands_out(broken: Ward, fault: Callable[[Clinic], None]) -> None:
    fault(broken.clinic)

    code, lines = broken.bad("-n", broken.namespace)

    expected, starts = FAULTS[fault]
    assert [line[: len(start)] for line, start in zip(lines, starts, strict=True)] == starts
    assert code == expected


def test_a_healthy_installation_and_an_empty_namespace(ward: Ward) -> None:
    code, lines = ward.lines("-n", ward.namespace)

    assert (code, lines) == (0, [])


def test_pods_that_were_missed_or_fail_are_named(ward: Ward) -> None:
    ward.state = {"terminated": {"exitCode": 3, "reason": "Error", "message": "error: so it is"}}
    ward.store()
    ward.pod = ward.clinic.pod(ward.namespace)
    ward.pod["metadata"]["name"] = "missed"
    del ward.pod["spec"]["initContainers"]
    ward.store()

    code, lines = ward.bad("-n", ward.namespace)
    ended = ward.examine("-n", ward.namespace)

    assert lines == [
        "failed  pods: missed: jasm-init is not in the pod: "
        "the injector did not see it: delete it, so that it is created again",
        "failed  pods: web: jasm-init failed: exit code 3, it said: error: so it is",
    ]
    assert code == 5
    said = f"pods: 2 of 2 in namespace {ward.namespace} ask for a secret, 2 with a fault"
    assert said in ended.stdout


@pytest.mark.parametrize(
    ("selector", "labels", "said"),
    [
        ("namespaceSelector", {"team": "x"}, "leaves out its namespace: team=x"),
        ("objectSelector", {"tier": "web"}, "leaves it out: tier=web"),
    ],
)
def test_the_selector_that_leaves_a_pod_out_is_named(
    broken: Ward, selector: str, labels: dict[str, str], said: str
) -> None:
    del broken.pod["spec"]["initContainers"]
    broken.store()
    entries = hooks(broken.clinic)
    for entry in entries:
        entry[selector]["matchLabels"] = labels
    broken.clinic.patch(HOOKS, {"webhooks": entries})

    title = f"the {selector} of MutatingWebhookConfiguration jasm-injector"
    expected = f"failed  injection: jasm-init is not in the pod: {title} {said}"
    assert broken.bad() == (5, [expected])


def test_pods_by_hand_need_no_injector(broken: Ward) -> None:
    not_registered(broken.clinic)
    del broken.annotations[keys.INJECTED]
    broken.store()

    told = json.loads(broken.examine("--pod", "web", "-o", "json").stdout)

    by_check = {one["check"]: one for one in told["checks"]}
    assert by_check["injection"]["message"] == "jasm-init is in the pod, by hand"
    assert by_check["registration"]["status"] == "warning"
    assert told["exitCode"] == 0


def test_a_policy_in_the_webhooks_place(broken: Ward, helm: Helm) -> None:
    if not policy_side.serves_policies(broken.clinic.api):
        pytest.skip("this Kubernetes has no MutatingAdmissionPolicy in v1")
    objects = policy_side.rendered(helm, InjectionSettings(f"jasm/init:{__version__}"))
    policy, binding = objects
    not_registered(broken.clinic)
    for manifest in objects:
        broken.clinic.api.apply(manifest)
    try:
        good = broken.told("-n", broken.namespace)
        broken.clinic.delete(binding)
        bad = broken.told("-n", broken.namespace)
        broken.clinic.heal()
        both = broken.told("-n", broken.namespace)
    finally:
        broken.clinic.delete(policy)

    name = policy["metadata"]["name"]
    assert good["registration"]["message"] == f"MutatingAdmissionPolicy {name}"
    assert f"the policy {name}:" in good["versions"]["message"]
    assert {"injector", "certificate"} & set(good) == set()
    assert bad["registration"]["message"] == f"MutatingAdmissionPolicy {name} has no binding"
    assert both["registration"]["status"] == "warning"
