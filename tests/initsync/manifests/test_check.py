"""What is found in manifests, and at which line."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from initsync.annotation import request
from initsync.annotation.check import ANNOTATIONS, KNOWN, problems
from initsync.manifests import check
from initsync.manifests.check import Finding
from initsync.manifests.documents import NotYaml
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import PodRef
from tests.initsync.annotation.known import Known

GOOD = "provider: aws-secretsmanager\npath: /a\nsecretName: b\n"
BAD = GOOD.replace("secretName", "secretname")
SENTENCE = (
    "annotation jasm.codnod.io/secret-sync, line 3: "
    "unknown field 'secretname', did you mean 'secretName'?"
)


def path_rule(_: str, path: str) -> str | None:
    return "must not be forbidden" if path == "/forbidden" else None


PROVIDERS = Known("aws-secretsmanager", rule=path_rule)


def outcomes(text: str) -> list[Finding | None]:
    return list(check.findings(text, PROVIDERS))


def only(text: str) -> Finding:
    (found,) = outcomes(text)
    assert found
    return found


def pod_of(value: Any, name: str = keys.ANNOTATION) -> dict[str, Any]:
    return {"metadata": {"annotations": {name: value}}, "spec": {"containers": []}}


def manifest(kind: str, value: Any = BAD, name: str = keys.ANNOTATION) -> dict[str, Any]:
    """An object of `kind` with the annotation in the right place."""
    found: dict[str, Any] = {"kind": kind, "metadata": {"name": "web", "namespace": "shop"}}
    pod = pod_of(value, name)
    if kind == "Pod":
        found["metadata"] |= pod["metadata"]
    elif kind == "PodTemplate":
        found["template"] = pod
    elif kind == "CronJob":
        found["spec"] = {"jobTemplate": {"spec": {"template": pod}}}
    else:
        found["spec"] = {"template": pod}
    return found


KINDS = [
    *("Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"),
    *("Job", "CronJob", "PodTemplate", "Rollout"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("write", [yaml.safe_dump, json.dumps])
def test_every_kind_that_makes_pods_is_checked_as_yaml_and_json(kind: str, write: Any) -> None:
    found = only(write(manifest(kind)))

    assert found[1:] == (
        *(kind, "shop", "web"),
        *(keys.ANNOTATION, "InvalidAnnotation", SENTENCE, "error"),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_annotation_is_counted_and_not_found(kind: str) -> None:
    assert outcomes(yaml.safe_dump(manifest(kind, GOOD))) == [None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "--- \n---\n",
        "hello",
        "- kind: Pod",
        "kind: Pod",
        "kind: Pod\nmetadata: x\n",
        "kind: Pod\nmetadata: {annotations: [jasm.codnod.io/secret-sync]}",
        "kind: Deployment\nspec: {template: [x]}",
        "kind: List\nitems: {a: b}",
        "kind: {a: b}\n",
        "? [a, b]\n: !Ref x\n",
        yaml.safe_dump({"kind": "Certificate", "spec": {"template": {"metadata": {}}}}),
    ],
)
def test_whatever_has_no_pod_is_ignored(text: str) -> None:
    assert outcomes(text) == []


@pytest.mark.parametrize("kind", ["List", "PodList", "RolloutList"])
def test_the_items_of_a_list_are_checked(kind: str) -> None:
    item = manifest("Pod" if kind == "List" else kind.removesuffix("List"))
    typed = {key: value for key, value in item.items() if kind == "List" or key != "kind"}

    assert len(outcomes(yaml.safe_dump({"kind": kind, "items": [typed, item]}))) == 2


def test_all_documents_are_checked_to_the_first_that_is_no_yaml() -> None:
    good, bad = (yaml.safe_dump(manifest("Pod", text)) for text in (GOOD, BAD))
    found = check.findings(f"{bad}---\n{good}---\n{bad}---\na: [", PROVIDERS)

    assert [bool(next(found)) for _ in range(3)] == [True, False, True]
    with pytest.raises(NotYaml, match="not YAML: "):
        next(found)


@pytest.mark.parametrize(
    ("kind", "home"),
    [
        ("Deployment", "spec.template.metadata.annotations"),
        ("Rollout", "spec.template.metadata.annotations"),
        ("CronJob", "spec.jobTemplate.spec.template.metadata.annotations"),
        ("PodTemplate", "template.metadata.annotations"),
    ],
)
@pytest.mark.parametrize("name", ANNOTATIONS)
def test_an_annotation_on_the_workload_itself_is_told_where_to_go(
    kind: str, home: str, name: str
) -> None:
    found = manifest(kind, "x", "another")
    found["metadata"]["annotations"] = {name: GOOD}

    assert only(yaml.safe_dump(found)).message == (
        f"annotation {name}: is on the {kind} and not on its pods: move it to {home}"
    )


def test_an_annotation_on_a_cron_jobs_job_is_told_too() -> None:
    found = manifest("CronJob", "x", "another")
    found["spec"]["jobTemplate"]["metadata"] = {"annotations": {keys.ANNOTATION: GOOD}}

    assert "is on the CronJob and not on its pods" in only(yaml.safe_dump(found)).message


def test_an_annotation_on_workload_and_pod_is_no_mistake() -> None:
    found = manifest("Deployment", GOOD)
    found["metadata"]["annotations"] = {keys.ANNOTATION: GOOD}

    assert outcomes(yaml.safe_dump(found)) == [None]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (keys.ANNOTATION, {"provider": "x"}, "must be a string, not a map"),
        (keys.ANNOTATION, ["x"], "must be a string, not a list"),
        (keys.ANNOTATION, None, "must be a string and YAML reads a null: put it in quotes"),
        (keys.ANNOTATION, "", "has no text"),
        (keys.ANNOTATION, GOOD.replace("/a", "/forbidden"), "but must not be forbidden"),
        (keys.ANNOTATION, GOOD.replace("aws", "gcp"), "must be one of: aws-secretsmanager"),
        (keys.INJECT, False, "must be a string and YAML reads a bool: put it in quotes"),
        (keys.ON_FAILURE, "explode", "is 'explode', but must be one of: block, strict, continue"),
        (keys.MAX_AGE, "soon", "is 'soon', but must be a duration"),
        (keys.MODE, "Sidecar", "is 'Sidecar', but must be one of: init, sidecar"),
        (keys.REFRESH_INTERVAL, "1s", "is '1s', but must be at least 10s"),
        (keys.MAX_STALE, 90, "must be a string and YAML reads a int: put it in quotes"),
        (keys.RUN_AS_USER, 1337, "must be a string and YAML reads a int: put it in quotes"),
        (keys.CPU, 1, "must be a string and YAML reads a int: put it in quotes"),
        (keys.METRICS_PORT, 9090, "must be a string and YAML reads a int: put it in quotes"),
        (keys.PLACE, True, "must be a string and YAML reads a bool: put it in quotes"),
        (keys.INJECTED, 1.0, "must be a string and YAML reads a float: put it in quotes"),
        (keys.INJECT, "maybe", 'is \'maybe\', but must be "true" or "false"'),
    ],
)
def test_each_annotation_has_its_own_finding(name: str, value: Any, said: str) -> None:
    found = only(yaml.safe_dump(manifest("Pod", value, name)))

    assert found.message.startswith(f"annotation {name}")
    assert said in found.message


@given(st.text(st.characters(codec="utf-8")))
@example(BAD)
@example(GOOD.replace("/a", "/forbidden"))
@example("provider: vault\npath: a\nsecretName: b")
def test_the_sentence_is_the_pods_own(text: str) -> None:
    try:
        request.parse(text, PodRef("shop", "web", ""), PROVIDERS)
        expected = None
    except AnnotationError as error:
        expected = str(error)

    (found,) = outcomes(json.dumps(manifest("Pod", text)))

    assert (found and found.message.partition("; it has {{")[0]) == expected


INDENTED = "\n".join("      " + line for line in BAD.splitlines())
HEAD = f"kind: Pod\nmetadata:\n  annotations:\n    {keys.ANNOTATION}: "


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (f"|\n{INDENTED}\n", 7),
        (f"|2-  # why\n\n{INDENTED}\n", 8),
        (f"&a\n      # why\n      !!str\n      |\n{INDENTED}\n", 10),
        (f"|\n{INDENTED}\n".replace("\n", "\r\n"), 7),
        (f">\n{INDENTED}\n".replace("\n      p", "\n\n      p"), 4),
        (json.dumps(BAD), 4),
        (f"\n      {json.dumps(BAD)}", 5),
        ("|\n      provider: 'x\n", 5),
    ],
)
def test_the_line_is_the_files(value: str, line: int) -> None:
    assert only(HEAD + value).line == line


def test_an_aliased_text_is_told_where_it_is_written() -> None:
    text = f"x:\n  text: &a |\n{INDENTED}\n{HEAD}*a\n"

    assert only(text).line == 5


BLOCK_LINES = st.sampled_from(["", "# why", "provider: aws-secretsmanager", "path: /a", "# é😀"])


@given(
    above=st.lists(BLOCK_LINES, unique=True),
    before=st.lists(st.sampled_from(["---", "# {}", "---\nkind: Service", ""])),
    header=st.sampled_from(
        ["|", "|-", "|+", "|2", "| # why", "!!str |", "&a\n      !!str\n      |"]
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_a_block_scalars_finding_stands_on_its_own_line(
    above: list[str], before: list[str], header: str, newline: str
) -> None:
    lines = [*above, "nonsense: 1", "# below"]
    block = "".join(f"      {line}".rstrip() + "\n" for line in lines)
    text = "".join(line + "\n" for line in [*before, "---"]) + HEAD + f"{header}\n{block}"

    found = only(text.replace("\n", newline))

    assert text.splitlines()[found.line - 1] == "      nonsense: 1"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("on-failur", "; did you mean jasm.codnod.io/on-failure?"),
        ("Secret_Sync", "; did you mean jasm.codnod.io/secret-sync?"),
        ("maxage", "; did you mean jasm.codnod.io/max-age?"),
        ("zzzz", "; known are secret-sync, on-failure, max-stale,"),
        ("injection", "it is a label of namespaces; on a pod it is jasm.codnod.io/inject"),
    ],
)
def test_a_name_that_jasm_does_not_know_is_told_with_the_nearest(
    kind: str, name: str, said: str
) -> None:
    found = only(yaml.safe_dump(manifest(kind, "x", keys.PREFIX + name)))

    assert found.annotation == keys.PREFIX + name
    assert found.message.startswith(f"annotation {keys.PREFIX}{name}: has no effect")
    assert said in found.message


def test_a_misspelt_name_is_found_on_the_workload_too_and_through_merge_keys() -> None:
    wrong = {keys.PREFIX + "max_age": "5m"}
    deployment = manifest("Deployment", GOOD)
    deployment["metadata"]["annotations"] = wrong
    merged = f"x: &a {{{keys.PREFIX}max_age: 5m}}\nkind: Pod\nmetadata: {{annotations: {{<<: *a}}}}"

    for text in (yaml.safe_dump(deployment), merged):
        found = [one for one in outcomes(text) if one]
        assert [one.annotation for one in found] == [keys.PREFIX + "max_age"]


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_pod_of_a_cluster_is_judged_as_its_manifest(name: str) -> None:
    for value in (GOOD, "nonsense"):
        text = yaml.safe_dump(manifest("Pod", value, name))
        of_manifest = [one.message for one in outcomes(text) if one]

        of_pod = [str(one) for one in problems({name: value}, PROVIDERS)]

        assert of_pod == of_manifest


@pytest.mark.parametrize(
    ("kind", "said", "spec", "problem"),
    [
        ("Deployment", "evict", {}, ""),
        ("Pod", "evict", {}, "evict needs a controller"),
        ("Deployment", "signal:HUP", {}, "needs spec.shareProcessNamespace: true"),
        ("Deployment", "signal:HUP", {"shareProcessNamespace": True}, ""),
        ("Deployment", "http://localhost:8080/", {}, ""),
    ],
)
def test_what_a_pod_could_never_do_after_a_change_is_found_offline(
    kind: str, said: str, spec: dict[str, Any], problem: str
) -> None:
    app = {"name": "app", "image": "x"}
    annotations = {keys.ON_CHANGE: said, keys.MODE: "sidecar"}
    pod = {"metadata": {"annotations": annotations}, "spec": {"containers": [app], **spec}}
    whole = {"kind": kind, "metadata": {"name": "web"}, "spec": {"template": pod}}
    text = yaml.safe_dump(pod | {"kind": kind} if kind == "Pod" else whole)

    found = [one.message for one in outcomes(text) if one]

    assert [problem in it for it in found] == ([True] if problem else [])


def test_one_that_is_as_another_user_is_found_where_ours_is_said() -> None:
    annotations = {keys.ON_CHANGE: "signal:HUP", keys.MODE: "sidecar", keys.RUN_AS_USER: "5"}
    spec = {
        "containers": [{"name": "app"}],
        "shareProcessNamespace": True,
        "securityContext": {"runAsUser": 101},
    }
    text = yaml.safe_dump(
        {
            "kind": "Deployment",
            "spec": {"template": {"metadata": {"annotations": annotations}, "spec": spec}},
        }
    )

    (found,) = [one for one in outcomes(text) if one]

    assert "jasm-init runs as user 5 and the app as 101" in found.message


def test_annotations_of_others_are_nobodys_business() -> None:
    assert list(problems({"example.com/a": "b"}, PROVIDERS)) == []


def labelled(value: Any, kind: str = "Deployment") -> dict[str, Any]:
    found = manifest(kind, GOOD)
    found["spec"]["template"]["metadata"]["labels"] = {keys.INJECT: value}
    return found


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("False", 'is \'False\', but must be "true" or "false"'),
        (False, "must be a string and YAML reads a bool: put it in quotes"),
    ],
)
def test_the_label_that_opts_out_has_the_annotations_rule(value: Any, said: str) -> None:
    of_annotation, of_label = outcomes(yaml.safe_dump(labelled(value)))

    assert of_annotation is None
    assert of_label
    assert of_label.message == f"label {keys.INJECT}: {said}"
    assert only(yaml.safe_dump(manifest("Deployment", value, keys.INJECT))).message == (
        f"annotation {keys.INJECT}: {said}"
    )


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_label_that_means_something_is_fine(value: str) -> None:
    assert outcomes(yaml.safe_dump(labelled(value))) == [None, None]


def test_a_label_that_the_pods_lack_is_told_where_it_belongs() -> None:
    found = manifest("Deployment", GOOD)
    found["metadata"]["labels"] = {keys.INJECT: "false"}

    _, label = outcomes(yaml.safe_dump(found))

    assert label
    assert label.message == (
        f"label {keys.INJECT}: is on the Deployment and not on its pods: "
        "move it to spec.template.metadata.labels"
    )
