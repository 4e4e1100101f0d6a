"""What never gets the Secret that a pod's own `jasm-init` makes, and whether anything takes it."""

from typing import Any

import pytest
import yaml

from initsync import providers
from initsync.doctor import podchecks
from initsync.kube import place, secretuse
from initsync.manifests import check
from initsync.words import keys
from initsync.words.model import OPAQUE

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
    metadata = {"name": "web", "annotations": {keys.ANNOTATION: GOOD, **(annotations or {})}}
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [APP], **spec}}


def migrate(**takes: Any) -> dict[str, Any]:
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
    lines = [one for one in podchecks.annotations(found) if one.message != "valid"]
    assert {one.status for one in lines} <= {"warning"}
    return [one.message for one in lines]


def said(found: dict[str, Any]) -> list[str]:
    """By check and doctor alike, of a pod and of a workload."""
    (one, *others) = by_check(found), by_check(found, "Deployment"), by_doctor(found)
    assert others == [one, one]
    return one


@pytest.mark.parametrize("takes", [ENV, ENV_FROM, MOUNTED])
@pytest.mark.parametrize("source", ["secret", "projected"])
@pytest.mark.parametrize(
    ("after", "annotations"),
    [
        ([OURS], {}),
        ([BY_HAND], {}),
        ([], {keys.PLACE: "last"}),
        ([], {keys.PLACE: "migrate"}),
        ([PROXY], {}),
    ],
)
def test_an_init_container_before_ours_never_sees_it(
    takes: Any, source: str, after: list[Any], annotations: dict[str, str]
) -> None:
    shown = {"secret": {"secretName": "db"}, "projected": {"sources": [{"secret": {"name": "db"}}]}}
    volumes = [{"name": "creds", source: shown[source]}]

    found = pod(annotations, initContainers=[migrate(**takes), *after], volumes=volumes)

    assert said(found) == [EARLY]


@pytest.mark.parametrize(
    ("initial", "annotations"),
    [
        ([migrate(**ENV)], {}),
        ([migrate(**ENV)], {keys.PLACE: "first"}),
        ([OURS, migrate(**ENV)], {}),
        ([BY_HAND, migrate(**ENV)], {keys.PLACE: "last"}),
        ([PROXY, migrate(**ENV)], {}),
        ([migrate(), OURS], {}),
        (
            [migrate(envFrom=[{"secretRef": {"name": "other"}}, {"configMapRef": {"name": "db"}}])],
            {},
        ),
    ],
)
def test_one_behind_ours_or_of_another_secret_is_right(
    initial: list[Any], annotations: dict[str, str]
) -> None:
    assert said(pod(annotations, initContainers=initial)) == []


VOLUMES = [
    {"csi": {"driver": "d", "nodePublishSecretRef": {"name": "db"}}},
    {"azureFile": {"shareName": "s", "secretName": "db"}},
    *(
        {kind: {"secretRef": {"name": "db"}}}
        for kind in ("cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos")
    ),
]


@pytest.mark.parametrize("volume", VOLUMES, ids=lambda volume: next(iter(volume)))
def test_what_the_kubelet_mounts_with_it_never_sees_it(volume: Any) -> None:
    assert said(pod(volumes=[{"name": "share", **volume}])) == [MOUNT]


def test_no_image_is_pulled_with_it() -> None:
    found = pod(imagePullSecrets=[{"name": "registry"}, {"name": "db"}])

    assert said(found) == [PULL]


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ({}, ""),
        ({"imagePullSecrets": [{"name": "registry"}]}, ""),
        (
            {
                "containers": [{"name": "a", "envFrom": [{"secretRef": {"name": "databse"}}] * 2}],
                "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "dbb"}}]}}],
            },
            "; it names databse, dbb",
        ),
        (
            {"volumes": [{"name": f"v{n}", "secret": {"secretName": f"s{n}"}} for n in range(8)]},
            "; it names s0, s1, s2, s3, s4 and 3 more",
        ),
    ],
)
def test_a_secret_that_nothing_takes_is_told_with_what_the_pod_names(spec: Any, names: str) -> None:
    found = pod(**{"containers": [{"name": "app", "image": "a"}], **spec})

    assert said(found) == [f"nothing in the pod takes from Secret db{names}"]


def test_part_of_a_pod_takes_nothing_yet() -> None:
    """As kustomize's patches, which add the annotation alone."""
    assert by_check(pod(containers=[])) == []


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": [BY_HAND]},
        {"containers": [{"name": "end", "command": ["jasm-init", "--version"]}]},
    ],
    ids=["by hand", "injected"],
)
def test_a_pod_that_only_syncs_makes_secrets_for_others(spec: Any) -> None:
    assert said(pod(**spec)) == []
    more = [*spec["containers"], {"name": "app", "image": "a"}]
    assert said(pod(containers=more)) == ["nothing in the pod takes from Secret db"]


def test_what_starts_before_a_sync_in_the_pods_own_container_is_early() -> None:
    assert said(pod(containers=[BY_HAND], initContainers=[migrate(**ENV)])) == [EARLY]


def test_names_of_anybodys_are_one_short_line() -> None:
    names = ["\x1b[2J" + "x" * 5000 + "\n", "b"]
    volumes = [{"name": name, "secret": {"secretName": name}} for name in names]
    spec = {"containers": [{"name": "app"}], "volumes": volumes}

    (line,) = secretuse.problems(spec, {"db": OPAQUE}, place.earlier(pod()))

    assert line.isprintable()
    assert len(line) < 200
    assert line.endswith(", b")


def test_of_many_there_is_one_sentence_of_each_kind() -> None:
    """Of a pod as large as the injector takes it; for each init container all volumes at once."""
    before = [migrate(**ENV) | {"name": f"m{n}"} for n in range(999)]
    volumes = [
        {"name": f"v{n}", "csi": {"nodePublishSecretRef": {"name": "db"}}} for n in range(2000)
    ]

    spec = {"containers": [APP], "volumes": volumes}
    lines = list(secretuse.problems(spec, {"db": OPAQUE}, before))

    assert [len(line) < 250 for line in lines] == [True, True]
    assert "m0, m1, m2, m3, m4 and 994 more" in lines[0]


def listed(*entries: str) -> str:
    return "secrets:\n" + "".join(f"- {{{entry}}}\n" for entry in entries)


def entry(name: str, more: str = "") -> str:
    return f"provider: aws-secretsmanager, path: /{name}, secretName: {name}{more and f', {more}'}"


def asking(text: str, **spec: Any) -> dict[str, Any]:
    found = pod(**spec)
    found["metadata"]["annotations"][keys.ANNOTATION] = text
    return found


def test_of_a_list_each_secret_is_told() -> None:
    found = asking(
        listed(entry("db"), entry("api"), entry("tls"), entry("share")),
        initContainers=[migrate(envFrom=[{"secretRef": {"name": "api"}}]), OURS],
        volumes=[{"name": "v", "csi": {"nodePublishSecretRef": {"name": "share"}}}],
        imagePullSecrets=[{"name": "tls"}],
    )

    assert said(found) == [
        EARLY.replace("Secret db", "Secret api"),
        PULL.replace("Secret db", "Secret tls"),
        MOUNT.replace("Secret db", "Secret share").replace("share. Give", "v. Give"),
    ]


def test_one_of_a_list_that_nothing_takes_is_told_without_its_neighbours() -> None:
    found = asking(
        listed(entry("db"), entry("api")),
        volumes=[{"name": "v", "secret": {"secretName": "apis"}}],
    )

    assert said(found) == ["nothing in the pod takes from Secret api; it names apis"]


DOCKER = "keys: [/d: .dockerconfigjson], type: kubernetes.io/dockerconfigjson"


def test_images_are_pulled_with_a_secret_of_the_type_for_that() -> None:
    pulls = [{"name": "pull"}]

    assert said(asking(listed(entry("pull", DOCKER)), imagePullSecrets=pulls)) == []
    (one,) = said(asking(listed(entry("pull", "keys: [a]")), imagePullSecrets=pulls))
    assert "with Secret pull of imagePullSecrets" in one


def test_the_line_is_that_of_the_entry() -> None:
    block = listed(entry("db"), entry("api")).replace("- {", "-\n  {")
    text = yaml.safe_dump(asking("LATER")).replace(
        "LATER\n", "|\n" + "".join(f"      {line}\n" for line in block.splitlines())
    )

    (told,) = [one for one in check.findings(text, providers) if one]

    assert "secretName: api" in text.splitlines()[told.line - 1]


def test_fifty_secrets_cost_no_more_than_one_walk_through_the_pod() -> None:
    """The shared webhook does this, for whatever pod it is sent."""
    names = {f"s{number}": OPAQUE for number in range(50)}
    sources = [{"secret": {"name": name}} for name in names]
    volumes = [{"name": f"v{n}", "projected": {"sources": sources}} for n in range(200)]
    before = [
        {"name": f"m{n}", "volumeMounts": [{"name": f"v{n % 200}", "mountPath": "/a"}]}
        for n in range(999)
    ]

    lines = list(secretuse.problems({"containers": [APP], "volumes": volumes}, names, before))

    assert len(lines) == 50
    assert max(map(len, lines)) < 250
