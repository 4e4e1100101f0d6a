"""Annotations in manifests of kinds that JASM does not know, said twice, or at odds."""

from typing import Any

import pytest
import yaml

from initsync.manifests import check
from initsync.manifests.check import Finding
from initsync.words import keys
from tests.initsync.annotation.known import Known

PROVIDERS = Known("aws-secretsmanager")
GOOD = "provider: aws-secretsmanager\npath: /a\nsecretName: db\n"
BAD = GOOD.replace("secretName", "secretNam")
SAID = {keys.ANNOTATION: BAD}
APP = {"name": "a", "image": "b", "envFrom": [{"secretRef": {"name": "db"}}]}


def found(*objects: Any) -> list[Finding]:
    text = objects[0] if isinstance(objects[0], str) else yaml.safe_dump_all(objects)
    return [it for it in check.findings(text, PROVIDERS) if it]


def deployment(name: str, text: str, namespace: str = "shop") -> dict[str, Any]:
    template = {"metadata": {"annotations": {keys.ANNOTATION: text}}, "spec": {"containers": [APP]}}
    metadata = {"name": name, "namespace": namespace}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"template": template}}


# Argo Workflows, Spark, CloudNativePG, Tekton
@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Workflow", {"podMetadata": {"annotations": SAID}, "templates": [{"name": "main"}]}),
        ("WorkflowTemplate", {"templates": [{"metadata": {"annotations": SAID}}]}),
        ("SparkApplication", {"driver": {"annotations": SAID}}),
        ("Cluster", {"inheritedMetadata": {"annotations": SAID}}),
    ],
)
def test_one_that_stands_where_no_pod_is_seen_is_told(kind: str, spec: Any) -> None:
    (told,) = found({"kind": kind, "metadata": {"name": "a", "namespace": "shop"}, "spec": spec})

    assert (told.kind, told.namespace, told.name) == (kind, "shop", "a")
    assert (told.severity, told.reason) == ("warning", "")
    assert f"stands where no pod of the {kind} is seen" in told.message


def test_on_a_task_run_too_whose_metadata_its_pods_get() -> None:
    (told,) = found({"kind": "TaskRun", "metadata": {"name": "a", "annotations": SAID}})

    assert "no pod of the TaskRun is seen" in told.message


def test_a_scaled_job_has_a_pod_template() -> None:
    template = {"metadata": {"annotations": SAID}, "spec": {"containers": [APP]}}
    spec = {"jobTargetRef": {"template": template}}

    (told,) = found({"kind": "ScaledJob", "metadata": {"name": "w"}, "spec": spec})

    assert (told.severity, told.reason) == ("error", "InvalidAnnotation")
    assert "unknown field 'secretNam'" in told.message


def test_beside_a_pod_that_is_known_only_the_other_is_told() -> None:
    other = {"kind": "Cluster", "metadata": {"name": "pg"}, "spec": {"x": {"annotations": SAID}}}

    assert [it.kind for it in found(deployment("web", GOOD), other)] == ["Cluster"]


def test_a_text_that_only_names_it_is_no_annotation() -> None:
    note = {"kind": "ConfigMap", "metadata": {"name": "n"}, "data": {"a": f"{keys.ANNOTATION}: x"}}

    assert found(note) == []


def test_a_text_that_names_it_has_no_file_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """As kubectl's last-applied-configuration does in whatever was applied."""
    applied = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"{keys.ANNOTATION}":"x"}}'}
    web = deployment("web", GOOD)
    web["metadata"]["annotations"] = applied
    monkeypatch.setattr(check, "strays", lambda _: pytest.fail("read once more"))

    assert found(web) == []


def test_one_that_is_there_twice_is_told_with_both_lines() -> None:
    once = f"    {keys.ANNOTATION}: |\n      " + GOOD.replace("\n", "\n      ").rstrip() + "\n"
    twice = f"kind: Pod\nmetadata:\n  name: a\n  annotations:\n{once}{once}"
    text = f"{twice}spec: {{containers: [{{name: a, envFrom: [{{secretRef: {{name: db}}}}]}}]}}\n"

    (told,) = found(text)

    assert (told.line, told.severity) == (9, "error")
    assert "is there twice, also at line 5, and only the last one counts" in told.message
