"""`initsync doctor` without a pod: each part of JASM's installation broken, and its line."""

import json
from collections.abc import Callable, Iterator

import pytest

from initsync import __version__
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from tests.chart.helm import Helm
from tests.cluster import policy_side
from tests.cluster.clinic import Clinic
from tests.cluster.installation_faults import FAULTS, HOOKS, hooks, not_registered
from tests.cluster.ward import Ward


@pytest.fixture
def broken(clinic: Clinic, ward: Ward) -> Iterator[Ward]:
    """What is broken by a test is mended after it."""
    yield ward
    clinic.certificate(days=365)


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
