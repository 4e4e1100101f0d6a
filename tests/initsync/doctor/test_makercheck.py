"""Who makes the Secret that a pod in mode `wait` waits for."""

from typing import Any

import pytest

from initsync import providers
from initsync.annotation import request
from initsync.doctor import makercheck
from initsync.doctor.result import Unread
from initsync.kube.api import Resource
from initsync.kube.reads import Reads
from initsync.words import keys
from initsync.words.model import PodRef, targets

TEXT = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"
RUNS, RESTS = makercheck.Maker("CronJob a"), makercheck.Maker("Job b", "suspended")
(TARGET,) = targets(request.parse(TEXT, PodRef("shop", "web", "1"), providers))


class Listed(Reads):
    """What is in the namespace, by plural."""

    def __init__(self, **found: list[Any]) -> None:
        self.found = found

    def pages(self, resource: Resource, namespace: str = "", **_: Any) -> Any:
        assert namespace == "shop"
        return iter(self.found.get(resource.plural, []))


def annotated(text: str = TEXT, **more: str) -> dict[str, Any]:
    return {"metadata": {"annotations": {keys.ANNOTATION: text, **more}}, "spec": {}}


def cron_job(template: dict[str, Any]) -> dict[str, Any]:
    spec = {"jobTemplate": {"spec": {"template": template}}}
    return {"metadata": {"name": "refresh", "namespace": "shop"}, "spec": spec}


def test_a_cron_job_and_a_pod_that_sync_it_are_found_and_what_they_own_is_not() -> None:
    pod = annotated()
    pod["metadata"]["name"] = "alone"
    owned = annotated()
    owned["metadata"] |= {"name": "refresh-1", "ownerReferences": [{"kind": "Job"}]}

    found = makercheck.makers(Listed(cronjobs=[cron_job(annotated())], pods=[owned, pod]), TARGET)

    assert [str(it) for it in found] == ["CronJob refresh", "Pod alone"]


def test_one_that_makes_no_pods_for_now_says_so() -> None:
    suspended = cron_job(annotated())
    suspended["spec"]["suspend"] = True
    spec = {"replicas": 0, "template": annotated()}
    scaled = {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}

    found = makercheck.makers(Listed(cronjobs=[suspended], deployments=[scaled]), TARGET)

    assert {str(it) for it in found} == {
        "CronJob refresh (suspended)",
        "Deployment web (0 replicas)",
    }


@pytest.mark.parametrize(
    "template",
    [
        {},
        annotated(TEXT.replace(" db", " other")),
        annotated("path: x\n"),
        annotated(**{keys.MODE: keys.WAIT}),
    ],
)
def test_others_are_none(template: dict[str, Any]) -> None:
    assert makercheck.makers(Listed(cronjobs=[cron_job(template)]), TARGET) == []


@pytest.mark.parametrize(
    ("found", "missing", "line"),
    [
        ([RUNS], False, "ok      maker: Secret db is made by CronJob a"),
        ([RUNS], True, "warning maker: Secret db is made by CronJob a; see why that did not"),
        ([RESTS], False, "warning maker: Secret db is made by Job b (suspended); until that goes"),
        ([RESTS], True, "failed  maker: Secret db is made by Job b (suspended); nothing makes it"),
        ([RESTS, RUNS], False, "ok      maker: Secret db is made by Job b (suspended), CronJob a"),
        ([], True, "failed  maker: nothing in namespace shop asks for Secret db"),
        ([], False, "warning maker: nothing in namespace shop asks for Secret db"),
        (Unread("no"), True, "skipped maker: "),
    ],
)
def test_each_is_one_line(found: Any, missing: bool, line: str) -> None:
    said = str(makercheck.check(found, TARGET, missing=missing))

    assert said.startswith(line), said
