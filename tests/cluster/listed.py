"""What `initsync list` is shown: Secrets as JASM writes them, and all that may use them."""

from pathlib import Path
from typing import Any

from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.by_hand import Way, in_process, subcommand

VERSIONS = {
    "/prod/db": "5f2e1c09-6a1d-4f0e-8d57-2f1d3b0c9a44",
    "/prod/legacy": "9b3d77aa-0c4b-4e38-b1f6-77e0a5c2d9e1",
}
"""At AWS, by path; others were written before versions were kept."""


def run(kubeconfig: Path, *options: str, way: Way = in_process) -> tuple[int, str, str]:
    ended = subcommand(kubeconfig, "list", *options, way=way)
    return ended.returncode, ended.stdout, ended.stderr


def secret(namespace: str, name: str, path: str = "/prod/db", **labels: str) -> JsonObject:
    """One as JASM writes it."""
    annotations = {keys.SOURCE_PATH: path, keys.SYNCED_AT: "2020-01-01T00:00:00Z"}
    if path in VERSIONS:
        annotations[keys.VERSION] = VERSIONS[path]
    marks = {keys.MANAGED_BY: keys.MANAGED_BY_DEFAULT, keys.PROVIDER: "aws-secretsmanager"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": marks | labels,
            "annotations": annotations,
        },
        "stringData": {"password": "pl4nted"},
    }


def maker(kind: str, namespace: str, name: str, spec: JsonObject) -> JsonObject:
    """An object that makes pods, and at the moment has none."""
    labels = {"app": name}
    template: JsonObject = {"metadata": {"labels": labels}, "spec": spec}
    if kind in ("Job", "CronJob"):
        version, job = "batch/v1", {"template": template}
        spec["restartPolicy"] = "Never"
        schedule = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}}
        found: JsonObject = job if kind == "Job" else schedule
    else:
        version, found = "apps/v1", {"selector": {"matchLabels": labels}, "template": template}
        found |= {} if kind == "DaemonSet" else {"replicas": 0}
        found |= {"serviceName": name} if kind == "StatefulSet" else {}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": found}


def app(**more: Any) -> JsonObject:
    return {"name": "app", "image": "registry.invalid/app:1", **more}


def takes(container: JsonObject) -> JsonObject:
    """That container with the variables of Secret db."""
    return container | {"envFrom": [{"secretRef": {"name": "db"}}]}


def workload(kind: str, namespace: str, text: str | None, **own: str) -> JsonObject:
    """One that nothing makes pods of: its template has that annotation, itself has `own`."""
    found = maker(kind, namespace, "web", {"containers": [takes(app())]})
    found["metadata"]["annotations"] = own
    if text is not None:
        template_of(found)["metadata"]["annotations"] = {keys.ANNOTATION: text}
    return found


def template_of(found: JsonObject) -> dict[str, Any]:
    """What a workload makes its pods of."""
    spec = found["spec"]
    within: dict[str, Any] = spec.get("jobTemplate", {}).get("spec") or spec
    template: dict[str, Any] = within["template"]
    return template


WAYS: dict[str, JsonObject] = {
    "env": {
        "containers": [
            app(env=[{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}}])
        ]
    },
    "envFrom": {"containers": [app(envFrom=[{"secretRef": {"name": "db"}}])]},
    "volume": {
        "containers": [app()],
        "volumes": [{"name": "v", "secret": {"secretName": "db"}}],
    },
    "projected volume": {
        "containers": [app()],
        "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "db"}}]}}],
    },
    "imagePullSecrets": {"containers": [app()], "imagePullSecrets": [{"name": "db"}]},
}
