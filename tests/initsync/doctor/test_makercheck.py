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

    assert found == ["CronJob refresh", "Pod alone"]


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
        (["CronJob a"], False, "ok      maker: Secret db is made by CronJob a"),
        (
            ["CronJob a"],
            True,
            "warning maker: Secret db is made by CronJob a; see why that did not",
        ),
        ([], True, "failed  maker: nothing in namespace shop asks for Secret db"),
        ([], False, "warning maker: nothing in namespace shop asks for Secret db"),
        (Unread("no"), True, "skipped maker: "),
    ],
)
def test_each_is_one_line(found: Any, missing: bool, line: str) -> None:
    said = str(makercheck.check(found, TARGET, missing=missing))

    assert said.startswith(line), said
