"""Who uses which Secret, in every place where a pod's spec can name one."""

from typing import Any

import pytest

from initsync.annotation import request
from initsync.inventory.usage import Found, User, first_users
from initsync.kube import references
from initsync.words import keys
from initsync.words.errors import AnnotationError

GOOD = "provider: aws-secretsmanager\npath: /a\nsecretName: db\n"


def env(name: str) -> dict[str, Any]:
    return {"env": [{"name": "a", "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}}]}


PLACES: list[tuple[dict[str, Any], str]] = [
    *(({part: [env("db")]}, "env") for part in ("containers", "initContainers")),
    ({"ephemeralContainers": [env("db")]}, "env"),
    (
        {"containers": [{"envFrom": [{"configMapRef": {}}, {"secretRef": {"name": "db"}}]}]},
        "envFrom",
    ),
    ({"volumes": [{"name": "v", "secret": {"secretName": "db"}}]}, "volume"),
    ({"volumes": [{"name": "v", "azureFile": {"secretName": "db"}}]}, "volume"),
    ({"volumes": [{"name": "v", "csi": {"nodePublishSecretRef": {"name": "db"}}}]}, "volume"),
    ({"volumes": [{"name": "v", "rbd": {"secretRef": {"name": "db"}}}]}, "volume"),
    (
        {"volumes": [{"projected": {"sources": [{"configMap": {}}, {"secret": {"name": "db"}}]}}]},
        "projected volume",
    ),
    ({"imagePullSecrets": [{"name": "db"}, {}]}, "imagePullSecrets"),
]


@pytest.mark.parametrize(("spec", "through"), PLACES)
def test_every_place_that_names_a_secret(spec: dict[str, Any], through: str) -> None:
    assert list(references.references(spec)) == [("db", through)]


def test_what_names_no_secret() -> None:
    other = {"env": [{"name": "a", "value": "b"}, {"name": "c", "valueFrom": {"fieldRef": {}}}]}
    volumes = [{"name": "a", "emptyDir": {}}, {"name": "b", "configMap": {"name": "db"}}]

    assert list(references.references({"containers": [other], "volumes": volumes})) == []


@pytest.mark.parametrize("text", [GOOD, GOOD.replace("aws", "new"), '{"secretName": "db"}'])
def test_an_annotation_that_is_not_valid_in_all_still_says_which_secret(text: str) -> None:
    assert request.asked(text) == ("db",)


@pytest.mark.parametrize("text", ["", "path: /a\n", "nonsense", "- a"])
def test_an_annotation_that_names_none_is_told(text: str) -> None:
    with pytest.raises(AnnotationError):
        request.asked(text)


def secret(name: str) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "name": name, "labels": {keys.PROVIDER: "p"}}}


def pod(name: str, owner: str = "", namespace: str = "shop") -> dict[str, Any]:
    kind, _, of = owner.partition("/")
    owners = [{"kind": kind, "name": of}] if owner else []
    metadata: dict[str, Any] = {"namespace": namespace, "name": name, "ownerReferences": owners}
    metadata["annotations"] = {keys.ANNOTATION: GOOD}
    return {"metadata": metadata, "spec": {"containers": [env("db"), env("db")]}}


def test_a_user_is_told_once_with_all_its_ways() -> None:
    found = Found([secret("db"), secret("other")])

    found.add("Pod", pod("web"))
    found.add("Pod", pod("web", namespace="elsewhere"))

    assert found.secrets[0].users == [User("Pod", "web", "", ("env", "annotation"))]
    assert [one.name for one in found.unused] == ["other"]


def test_a_list_uses_every_secret_that_it_asks_for() -> None:
    text = "secrets:\n" + "".join(
        f"- {{provider: aws-secretsmanager, path: /a, secretName: {name}}}\n"
        for name in ("db", "api", "db")
    )
    found = Found([secret("db"), secret("api"), secret("other")])
    asking = pod("web")
    asking["metadata"]["annotations"][keys.ANNOTATION] = text

    found.add("Pod", asking)

    assert {one.name: [user.through for user in one.users] for one in found.secrets} == {
        "db": [("env", "annotation")],
        "api": [("annotation",)],
        "other": [],
    }


def test_a_list_that_is_not_valid_in_all_says_what_it_can() -> None:
    text = "secrets:\n- {provider: vault, secretName: db}\n- 5\n- {secretName: api, x: [y]}\n"

    assert request.asked(text) == ("db", "api")


def test_an_empty_annotation_asks_for_a_secret_in_no_words() -> None:
    found = Found([])
    empty = pod("web")
    empty["metadata"]["annotations"] = {keys.ANNOTATION: ""}

    found.add("Pod", empty)

    (line,) = found.unclear
    assert line.startswith("Pod shop/web asks for a Secret, but annotation jasm.codnod.io/secret-")
    assert "has no text" in line


def test_a_template_asks_by_its_own_annotations_and_not_by_the_workloads() -> None:
    found = Found([secret("db")])
    template = pod("")
    outside: dict[str, Any] = {"namespace": "shop", "name": "web"}
    asking = {"metadata": outside | {"annotations": {keys.ANNOTATION: GOOD}}, "spec": {}}

    found.add("Deployment", asking)
    assert found.unused
    found.add(
        "CronJob", {"metadata": outside, "spec": {"jobTemplate": {"spec": {"template": template}}}}
    )
    assert [user.title for user in found.secrets[0].users] == ["CronJob/web"]


@pytest.mark.parametrize(
    ("kind", "fields", "through"),
    [
        ("Ingress", {"spec": {"tls": [{"hosts": ["a"]}, {"secretName": "db"}]}}, "tls"),
        ("Ingress", {"spec": {"defaultBackend": {}}}, ""),
        ("ServiceAccount", {"imagePullSecrets": [{}, {"name": "db"}]}, "imagePullSecrets"),
        ("ServiceAccount", {"secrets": [{"name": "db"}]}, ""),
    ],
)
def test_who_needs_a_secret_that_no_pod_names(
    kind: str, fields: dict[str, Any], through: str
) -> None:
    found = Found([secret("db")])

    found.add(kind, {"metadata": {"namespace": "shop", "name": "web"}, **fields})

    assert found.secrets[0].users == ([User(kind, "web", "", (through,))] if through else [])


def test_of_users_that_made_each_other_the_first_is_enough() -> None:
    made = [
        User("Deployment", "web", "", ("env",)),
        User("ReplicaSet", "web-1", "Deployment/web", ("env",)),
        User("Pod", "web-1-a", "ReplicaSet/web-1", ("env",)),
        User("Pod", "of-a-rollout", "Rollout/x", ("env",)),
    ]

    assert [user.title for user in first_users(made)] == ["Deployment/web", "Pod/of-a-rollout"]
