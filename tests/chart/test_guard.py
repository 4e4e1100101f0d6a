"""The guard by the chart's values: what is rendered. tests/cluster has what it then refuses."""

import json
import re
from pathlib import Path

import pytest

from initsync.kube import answers
from initsync.network.http1 import Response
from initsync.words import secrettypes
from initsync.words.errors import ClusterError
from initsync.words.model import JsonObject
from tests.chart.helm import Helm, HelmFailed

GUARD = "--show-only=templates/guard.yaml"
POLICY = "ValidatingAdmissionPolicy"
OLD = "--api-versions=v1/Secret"
SERVED = f"--api-versions=admissionregistration.k8s.io/v1/{POLICY}"


def rendered(helm: Helm, *options: str) -> dict[str, JsonObject]:
    """By kind."""
    return {manifest["kind"]: manifest for manifest in helm.objects(GUARD, *options)}


@pytest.mark.parametrize(
    ("options", "there"),
    [
        pytest.param([], True, id="where no cluster can be asked"),
        pytest.param([OLD, SERVED], True, id="where it is served"),
        pytest.param([OLD], False, id="where it is not"),
        pytest.param([OLD, "--set=guard.enabled=true"], True, id="switched on"),
        pytest.param([SERVED, "--set=guard.enabled=false"], False, id="switched off"),
    ],
)
def test_it_is_there(helm: Helm, options: list[str], there: bool) -> None:
    found = rendered(helm, *options)

    assert (POLICY in found, f"{POLICY}Binding" in found) == (there, there)
    assert "ClusterRole" in found  # the Roles carry the mark with or without it


def test_without_the_mark_for_admins_nothing_else_changes(helm: Helm) -> None:
    found = rendered(helm, "--set=guard.aggregateToAdmin=false")

    assert set(found) == {POLICY, f"{POLICY}Binding"}


def test_it_refuses_and_logs_or_as_it_is_told(helm: Helm) -> None:
    actions = "--set=guard.validationActions={Warn,Audit}"

    assert rendered(helm)[f"{POLICY}Binding"]["spec"]["validationActions"] == ["Deny", "Audit"]
    assert rendered(helm, actions)[f"{POLICY}Binding"]["spec"]["validationActions"] == [
        "Warn",
        "Audit",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "guard.validationActions={Deny,Warn}",
        "guard.validationActions={}",
        "guard.managedBy={it's}",
        "injection.env.JASM_MANAGED_BY=it's",
        "guard.excludedNamespaces={A b}",
        "guard.allowedLabels={it's}",
        "guard.allowedAnnotations={a/b/c}",
    ],
)
def test_what_the_api_server_would_not_take_is_refused_before(helm: Helm, value: str) -> None:
    with pytest.raises(HelmFailed, match=value.partition("=")[0].replace(".", "/")):
        helm.objects(GUARD, f"--set={value}")


@pytest.mark.parametrize(
    "label",
    [
        "a=it's",
        "it's=a",
        "a=1",
        r"jasm\.codnod\.io/adopt=yes",
        r"app\.kubernetes\.io/managed-by=me",
    ],
)
def test_what_can_be_no_label_of_every_secret_is_refused(helm: Helm, label: str) -> None:
    with pytest.raises(HelmFailed, match=r"at '/injection/secretLabels[/']"):
        helm.objects(GUARD, f"--set=injection.secretLabels.{label}")


def test_labels_that_the_guard_would_not_know_of_are_refused(helm: Helm) -> None:
    with pytest.raises(HelmFailed, match=r"set injection\.secretLabels"):
        helm.objects("--set=injection.env.JASM_SECRET_LABELS=a=b")


@pytest.mark.parametrize(
    "value",
    [
        "guard.allowedAnnotations={jasm.codnod.io/adopt}",
        "guard.allowedLabels={app.kubernetes.io/managed-by}",
    ],
)
def test_what_says_whose_a_secret_is_can_not_be_left_to_others(helm: Helm, value: str) -> None:
    with pytest.raises(HelmFailed, match="'not' failed"):
        helm.objects(GUARD, f"--set={value}")


def test_the_types_are_those_that_a_sync_may_write(helm: Helm) -> None:
    rules = rendered(helm)[POLICY]["spec"]["validations"]
    (by_type,) = (it for it in rules if "object.type" in it["expression"])
    (found,) = LIST.findall(by_type["expression"])

    assert tuple(json.loads(found)) == secrettypes.TYPES
    *others, last = secrettypes.TYPES
    assert f"of type {', '.join(others)} or {last} only" in by_type["message"]


def test_labels_that_pods_are_told_to_write_are_allowed_beside_others(helm: Helm) -> None:
    options = ("--set=injection.secretLabels.b=1x,injection.secretLabels.a=", ALLOWED)

    spec = rendered(helm, *options)[POLICY]["spec"]

    said = {it["name"]: it["expression"] for it in spec["variables"]}
    (labels,) = LIST.findall(said["labelsOfOthers"])
    assert json.loads(labels) == ["app.kubernetes.io/managed-by", "a", "b", "team"]
    assert '"a"' not in said["annotationsOfOthers"]


ALLOWED = "--set=guard.allowedLabels={b,team}"
BREAKING = ["it's", "'] || true || '' in ['", 'a"b', "a\\", "a\nb", "${x}", "{{ x }}"]
LIST = re.compile(r" in (\[.*?\])(?:\)|$)", re.M)


def test_a_value_stays_within_its_quotes_whatever_the_schema_says(
    helm: Helm, tmp_path: Path
) -> None:
    guard = {"managedBy": BREAKING, "allowedLabels": BREAKING, "allowedAnnotations": BREAKING}
    values = tmp_path / "values.yaml"
    values.write_text(json.dumps({"guard": guard}))

    spec = rendered(helm, f"--values={values}", "--skip-schema-validation")[POLICY]["spec"]

    texts = [it["expression"] for it in (*spec["variables"], *spec["validations"])]
    lists = [json.loads(found) for text in texts for found in LIST.findall(text)]
    lists.remove([*secrettypes.TYPES])
    mark = "app.kubernetes.io/managed-by"
    assert sorted(lists) == sorted([BREAKING, BREAKING, ["caronte", *BREAKING], [mark, *BREAKING]])
    assert any("caronte or it's" in rule["message"] for rule in spec["validations"])


def sentences(policy: JsonObject) -> list[str]:
    """What it says of each thing that it refuses."""
    rules = policy["spec"]["validations"]
    joined = [rule["messageExpression"] for rule in rules if "messageExpression" in rule]
    named = ["a/b".join(re.findall('"(.*?)"', expression)) for expression in joined]
    return [*(rule["message"] for rule in rules), *named]


def test_each_sentence_says_where_to_read_on_and_jasm_init_passes_it_on(helm: Helm) -> None:
    policy = rendered(helm, "--set=fullnameOverride=acme")[POLICY]
    name = policy["metadata"]["name"]
    said = (
        f"""secrets "db" is forbidden: {POLICY} '{name}' with binding '{name}' denied request: """
    )

    for sentence in sentences(policy):
        body = {"kind": "Status", "reason": "Forbidden", "message": said + sentence}
        with pytest.raises(ClusterError) as refused:
            answers.stored(Response(403, {}, json.dumps(body).encode()), "apply", private=True)
        assert str(refused.value) == f"cannot apply: {said}{sentence} (403)"
        assert "JASM's docs/security.md" in sentence


def test_what_it_cannot_evaluate_is_refused(helm: Helm) -> None:
    assert rendered(helm)[POLICY]["spec"]["failurePolicy"] == "Fail"


def test_it_has_no_parameters_that_could_be_missing(helm: Helm) -> None:
    found = rendered(helm)

    assert "paramKind" not in found[POLICY]["spec"]
    assert "paramRef" not in found[f"{POLICY}Binding"]["spec"]
    assert "namespaceSelector" not in found[POLICY]["spec"]["matchConstraints"]
