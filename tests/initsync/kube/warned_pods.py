"""Pods that ask for a Secret and take it too early or not at all, and what is said of them."""

from typing import Any

import yaml

from initsync import providers
from initsync.doctor import podchecks
from initsync.manifests import check
from initsync.words import keys

GOOD = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"
ENV = {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "db", "key": "a"}}}]}
ENV_FROM = {"envFrom": [{"secretRef": {"name": "db"}}]}
MOUNTED = {"volumeMounts": [{"name": "creds", "mountPath": "/creds"}]}
APP = {"name": "app", "image": "a", **ENV_FROM}
OURS = {"name": keys.CONTAINER, "image": "i"}
BY_HAND = {
    **{"name": "secrets", "image": "i", "command": ["/usr/bin/jasm-init"]},
    "volumeMounts": [{"name": "podinfo", "mountPath": keys.PODINFO_DIR}],
}
PROXY = {"name": "istio-proxy", "image": "i", "restartPolicy": "Always"}
EARLY = (
    "init containers that start before jasm-init can never see what that writes to Secret db: "
    "migrate. Move them behind it, or see jasm.codnod.io/place"
)
MOUNT = (
    "volumes that must be mounted before any container starts can never see what jasm-init writes "
    "to Secret db: share. Give them a Secret of their own"
)
PULL = (
    "no image can ever be pulled with Secret db of imagePullSecrets: jasm-init's own is pulled "
    "before that is made, and for all others its type, Opaque, is none to pull with"
)


def pod(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """One that takes all of Secret db, unless the test says otherwise."""
    metadata = {"name": "web", "annotations": {keys.ANNOTATION: GOOD, **(annotations or {})}}
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [APP], **spec}}


def migrate(**takes: Any) -> dict[str, Any]:
    """An init container of the app's own."""
    return {"name": "migrate", "image": "m", **takes}


def by_check(found: dict[str, Any], kind: str = "Pod") -> list[str]:
    """The warnings of a manifest, which are no reason to stop anybody."""
    if kind == "Deployment":
        template = {"metadata": found["metadata"], "spec": found["spec"]}
        found = {"kind": kind, "metadata": {"name": "web"}, "spec": {"template": template}}
    text = yaml.safe_dump(found)
    said = list(check.findings(text, providers))
    told = [one for one in said if one]
    assert {one.severity for one in told} <= {"warning"}
    assert {one.annotation for one in told} <= {keys.ANNOTATION}
    return [one.message for one in told]


def by_doctor(found: dict[str, Any]) -> list[str]:
    """Likewise of a pod that is there."""
    lines = [one for one in podchecks.annotations(found) if one.message != "valid"]
    assert {one.status for one in lines} <= {"warning"}
    return [one.message for one in lines]


def said(found: dict[str, Any]) -> list[str]:
    """By check and doctor alike, of a pod and of a workload."""
    (one, *others) = by_check(found), by_check(found, "Deployment"), by_doctor(found)
    assert others == [one, one]
    return one
