"""What the author of a workload is told: by its pod template, before there is any pod."""

import copy
import json
from typing import Any

import pytest

from initsync.annotation import check
from initsync.injection import bounds
from initsync.kube import misplaced
from initsync.words import keys
from injector.webhook import authors, review
from injector.webhook.plan import Plans
from tests.golden.settings import DEFAULT
from tests.initsync.injection.test_patch import ANNOTATION, CASES, load
from tests.injector.webhook.test_hostile import ask

PATHS = dict.fromkeys(authors.KINDS, "spec.template.metadata.annotations") | {
    "CronJob": "spec.jobTemplate.spec.template.metadata.annotations"
}


def workload(kind: str, template: Any, **own: str) -> dict[str, Any]:
    spec = {"jobTemplate": {"spec": {"template": template}}}
    spec = spec if kind == "CronJob" else {"template": template}
    return {"kind": kind, "metadata": {"name": "web", "annotations": own}, "spec": spec}


def template(text: str | None = ANNOTATION, **spec: Any) -> dict[str, Any]:
    annotations = {} if text is None else {keys.ANNOTATION: text}
    app = {"name": "app", "image": "a", "envFrom": [{"secretRef": {"name": "db"}}]}
    pod = {"containers": [app], **spec}
    return {"metadata": {"annotations": annotations}, "spec": pod}


def told(found: dict[str, Any]) -> list[str]:
    return list(authors.warnings(found, 0, Plans(DEFAULT)))


@pytest.mark.parametrize("kind", authors.KINDS)
def test_a_workload_of_which_all_is_right_is_not_spoken_to(kind: str) -> None:
    assert told(workload(kind, template())) == []
    assert told(workload(kind, template(None))) == []


@pytest.mark.parametrize("kind", authors.KINDS)
def test_an_annotation_that_its_pods_lack_is_told_where_it_belongs(kind: str) -> None:
    found = workload(kind, template(None), **{keys.ANNOTATION: ANNOTATION, keys.MODE: "sidecar"})

    assert told(found) == [
        f"annotation {name}: is on the {kind} and not on its pods: move it to {PATHS[kind]}"
        for name in (keys.ANNOTATION, keys.MODE)
    ]


def test_one_that_both_have_is_fine() -> None:
    assert told(workload("Deployment", template(), **{keys.ANNOTATION: ANNOTATION})) == []


def test_a_cron_jobs_job_template_gives_its_pods_nothing_either() -> None:
    found = workload("CronJob", template(None))
    found["spec"]["jobTemplate"]["metadata"] = {"annotations": {keys.ANNOTATION: ANNOTATION}}

    assert told(found) == [
        f"annotation {keys.ANNOTATION}: is on the CronJob and not on its pods: "
        f"move it to {PATHS['CronJob']}"
    ]


@pytest.mark.parametrize("case", CASES)
def test_it_is_told_what_its_pods_are_told(case: str) -> None:
    pod, expected = load(f"{case}.pod.yaml"), load(f"{case}.expected.yaml")
    before = copy.deepcopy(pod)

    said = told(workload("Deployment", {"metadata": pod["metadata"], "spec": pod["spec"]}))

    changed = [
        it.replace("was not injected", "will not be injected") for it in expected["warnings"]
    ]
    assert said == changed
    assert pod == before


def test_what_its_pods_could_never_do_is_told_and_of_an_owner_they_have_one() -> None:
    found = template(ANNOTATION)
    found["metadata"]["annotations"] |= {keys.MODE: "sidecar", keys.ON_CHANGE: "evict"}
    assert told(workload("Deployment", found)) == []

    found["metadata"]["annotations"][keys.ON_CHANGE] = "signal:HUP"
    (said,) = told(workload("Deployment", found))

    assert "needs spec.shareProcessNamespace: true" in said


def test_more_parts_than_a_pod_may_have_are_told_too() -> None:
    many = [{"name": f"v{number}", "emptyDir": {}} for number in range(2001)]

    (said,) = authors.warnings(
        workload("Job", template(volumes=many)), bounds.SMALL + 1, Plans(DEFAULT)
    )

    assert ": 2001 volumes, and 2000 are the most" in said


def test_a_daemon_set_for_windows_by_affinity_alone_is_told_that_its_pods_lose_it() -> None:
    affinity = load("windows-required-node-affinity.pod.yaml")["spec"]["affinity"]
    windows: Any = {"os": {"name": "windows"}}

    by_affinity = told(workload("DaemonSet", template(affinity=affinity)))
    by_both = told(workload("DaemonSet", template(affinity=affinity, **windows)))
    of_others = told(workload("Deployment", template(affinity=affinity)))

    assert by_affinity == [
        "jasm-init will be injected, and does not run on Windows: a DaemonSet's pods lose their "
        "node affinity, so add spec.os.name: windows to the template"
    ]
    assert by_both == of_others == ["jasm-init will not be injected: it does not run on Windows"]


def body(found: Any) -> bytes:
    request = {"uid": "u1", "namespace": "shop", "object": found}
    whole = {"apiVersion": review.VERSION, "kind": "AdmissionReview", "request": request}
    return json.dumps(whole).encode()


def test_the_answer_has_warnings_and_neither_a_refusal_nor_a_patch() -> None:
    found = workload("Deployment", template("path: x"))

    status, answer = ask(body(found), "/warn")

    response = json.loads(answer)["response"]
    assert status == 200
    assert response == {"uid": "u1", "allowed": True, "warnings": response["warnings"]}
    assert response["warnings"][0].startswith(f"annotation {keys.ANNOTATION}")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"spec": {"template": 5}},
        {"spec": {"template": {"metadata": {"annotations": {keys.ANNOTATION: 5}}}}},
        {"metadata": {"annotations": ["a"]}},
    ],
)
def test_what_no_api_server_sends_fails_nobodys_apply(spoilt: Any) -> None:
    status, answer = ask(body(workload("Deployment", template()) | spoilt), "/warn")

    assert status == 200
    assert json.loads(answer)["response"]["allowed"]


@pytest.mark.parametrize("kind", ["Pod", "ReplicaSet", None])
def test_another_object_is_no_workload(kind: Any) -> None:
    status, said = ask(body(workload("Deployment", template()) | {"kind": kind}), "/warn")

    assert (status, said) == (
        422,
        b"the request is about no Deployment or StatefulSet or DaemonSet or Job or CronJob in a "
        b"namespace",
    )


def test_the_names_are_all_that_an_author_may_write() -> None:
    found = workload("Deployment", template(None), **dict.fromkeys(check.ANNOTATIONS, "x"))

    assert {one.name for one in misplaced.found("Deployment", found)} == set(check.ANNOTATIONS)
