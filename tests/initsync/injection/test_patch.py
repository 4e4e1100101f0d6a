"""The patch, by the pods that it makes: golden files, and hypothesis for all others."""

import copy
from typing import Any

import jsonpatch
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from initsync.injection import choices
from initsync.injection.patch import inject
from initsync.injection.resources import resources, sidecar_resources
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from injector.webhook.metrics import OUTCOMES
from tests.golden.settings import DEFAULT, settings_of
from tests.initsync.injection.generated import QUANTITY, SPEC
from tests.places import GOLDEN, ROOT

CASES = sorted(file.name.removesuffix(".pod.yaml") for file in GOLDEN.glob("*.pod.yaml"))
ANNOTATION = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"


def load(name: str) -> Any:
    return yaml.safe_load((GOLDEN / name).read_text())


def names(items: Any) -> list[str]:
    return [item["name"] for item in items or []]


@pytest.mark.parametrize("case", CASES)
def test_a_golden_pod_becomes_the_expected_one(case: str) -> None:
    pod, expected = load(f"{case}.pod.yaml"), load(f"{case}.expected.yaml")
    before = copy.deepcopy(pod)

    done = inject(pod, "shop", settings_of(case))

    assert jsonpatch.apply_patch(pod, done.operations) == expected["pod"]
    assert (done.skipped, done.warnings) == (expected["skipped"], expected["warnings"])
    assert (done.skipped or "injected") in OUTCOMES
    assert pod == before


@pytest.mark.parametrize("case", CASES)
def test_an_injected_pod_is_left_alone_in_the_second_round(case: str) -> None:
    pod = load(f"{case}.expected.yaml")["pod"]

    assert inject(pod, "shop", settings_of(case)).operations == []


def test_every_golden_pod_has_its_expectation() -> None:
    expected = sorted(file.name for file in GOLDEN.glob("*.expected.yaml"))

    assert sorted(f"{case}.expected.yaml" for case in CASES) == expected


def test_settings_reach_the_container() -> None:
    settings = InjectionSettings(
        "r.example/init@sha256:0",
        "Always",
        None,
        env=(("AWS_REGION", "eu-west-1"),),
        token_seconds=600,
    )
    pod = load("no-volumes-no-init-containers.pod.yaml")

    done = jsonpatch.apply_patch(pod, inject(pod, "shop", settings).operations)

    container = done["spec"]["initContainers"][0]
    assert (container["image"], container["imagePullPolicy"]) == (
        "r.example/init@sha256:0",
        "Always",
    )
    assert "runAsUser" not in container["securityContext"]
    assert {"name": "AWS_REGION", "value": "eu-west-1"} in container["env"]
    token = done["spec"]["volumes"][1]["projected"]["sources"][0]["serviceAccountToken"]
    assert token["expirationSeconds"] == 600


def test_a_variable_from_the_aws_webhook_wins_over_the_platforms() -> None:
    settings = InjectionSettings("i", env=(("AWS_REGION", "us-east-1"),))
    pod = load("aws-webhook-ran-before-irsa.pod.yaml")

    done = jsonpatch.apply_patch(pod, inject(pod, "shop", settings).operations)

    regions = [
        entry["value"]
        for entry in done["spec"]["initContainers"][0]["env"]
        if entry["name"] == "AWS_REGION"
    ]
    assert regions == ["eu-west-1"]


def test_an_opt_out_in_other_words_is_none_and_is_told() -> None:
    pod = load("opt-in-spelled-out.pod.yaml")
    injected, silent, *_ = inject(pod, "shop", DEFAULT)
    pod["metadata"]["annotations"][keys.INJECT] = "no"

    operations, warnings, *_ = inject(pod, "shop", DEFAULT)

    assert (operations, silent) == (injected, [])
    assert warnings == [f'annotation {keys.INJECT} is ignored: it must be "true" or "false"']


def test_the_sidecar_by_hand_differs_from_that_as_the_reference_says() -> None:
    root = ROOT
    page = (root / "docs/reference.md").read_text().partition("## Sidecar mode")[2]
    said = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])

    plain = load("no-volumes-no-init-containers.expected.yaml")["pod"]["spec"]
    native = load("sidecar.expected.yaml")["pod"]["spec"]
    (before,), (after,) = plain["initContainers"], native["initContainers"]
    added = {key: value for key, value in after.items() if before.get(key) != value}
    for part in ("env", "volumeMounts"):
        added[part] = [entry for entry in after[part] if entry not in before[part]]
    volumes = [entry for entry in native["volumes"] if entry not in plain["volumes"]]
    assert said == {"initContainers": [{"name": "jasm-init", **added}], "volumes": volumes}


def test_the_example_of_a_sidecar_is_injected_without_a_warning() -> None:
    root = ROOT
    pod = yaml.safe_load((root / "deploy/examples/4-sidecar.yaml").read_text())

    done = inject(pod, "shop", DEFAULT)

    spec = jsonpatch.apply_patch(pod, done.operations)["spec"]
    assert (done.warnings, done.skipped) == ([], "")
    assert names(spec["initContainers"]) == ["jasm-init", "jasm-wait"]
    assert spec["initContainers"][0]["ports"] == [{"name": "jasm-metrics", "containerPort": 9102}]


ANNOTATIONS = st.dictionaries(
    st.sampled_from(["note", "jasm.codnod.io/cpu", "jasm.codnod.io/memory"]), QUANTITY
)


MODES = st.sampled_from([{}, *({keys.MODE: mode} for mode in ("sidecar", "wait", "x"))])


@given(
    spec=SPEC,
    extra=st.builds(dict.__or__, ANNOTATIONS, MODES),
    text=st.sampled_from([ANNOTATION, "", "path: x"]),
)
def test_any_pod_gets_the_container_once_and_keeps_all_it_had(
    spec: dict[str, Any], extra: dict[str, str], text: str
) -> None:
    annotations = {keys.ANNOTATION: text, **extra}
    pod = {"kind": "Pod", "metadata": {"name": "p", "annotations": annotations}, "spec": spec}
    before = copy.deepcopy(pod)

    done = jsonpatch.apply_patch(pod, inject(pod, "shop", DEFAULT).operations)

    assert pod == before
    after = done["spec"]
    ours = ("jasm-init", "jasm-wait")
    alone = extra.get(keys.MODE) == keys.WAIT
    assert names(after["initContainers"]).count(ours[alone]) == 1
    others = [item for item in after["initContainers"] if item["name"] not in ours]
    assert others == (spec.get("initContainers") or [])
    assert after["containers"] == spec["containers"]
    had, have = names(spec.get("volumes")), names(after["volumes"])
    waited = "jasm-wait" in names(after["initContainers"])
    assert have[: len(had)] == had
    assert ("jasm-init" in names(after["initContainers"])) == (not alone)
    handed = waited or extra.get(keys.MODE) == "sidecar"
    added = 1 + (text == ANNOTATION) if alone else 2 + handed
    assert len(set(have[len(had) :]) - set(had)) == len(have) - len(had) == added
    assert inject(done, "shop", DEFAULT).operations == []


@pytest.mark.parametrize(
    ("timeout", "seconds"), [("90", 150), ("0.5", 61), ("", 120), ("soon", 120), ("1e9", 120)]
)
def test_a_sidecars_probe_waits_for_the_timeout_of_its_sync(timeout: str, seconds: int) -> None:
    settings = InjectionSettings("i", env=(("JASM_TIMEOUT", timeout),))
    pod = load("sidecar.pod.yaml")

    done = jsonpatch.apply_patch(pod, inject(pod, "shop", settings).operations)

    probe = done["spec"]["initContainers"][0]["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == seconds


def test_a_sidecars_resources_are_the_platforms_choice() -> None:
    settings = InjectionSettings("i", sidecar_cpu="70m", sidecar_memory="70Mi")
    pod = load("sidecar-guaranteed-stays-guaranteed.pod.yaml")

    done = jsonpatch.apply_patch(pod, inject(pod, "shop", settings).operations)

    amounts = {"cpu": "70m", "memory": "70Mi"}
    wanted = done["spec"]["initContainers"][0]["resources"]
    assert wanted == {"requests": amounts, "limits": amounts}


@given(spec=SPEC)
def test_a_sidecar_names_what_the_apps_name_and_nothing_else(spec: dict[str, Any]) -> None:
    annotations = {keys.ANNOTATION: ANNOTATION, keys.MODE: "sidecar"}
    pod = {"kind": "Pod", "metadata": {"name": "p", "annotations": annotations}, "spec": spec}
    beside = sidecar_resources(pod, choices.of(pod), DEFAULT)
    copied = resources(pod, choices.of(pod), DEFAULT)

    limits, requests = (beside.get(part, {}) for part in ("limits", "requests"))
    assert set(limits) == set(copied.get("limits", {}))
    assert set(requests) == set(copied.get("requests", {})) | set(limits)
    assert limits.items() <= requests.items()
