"""What never gets the Secret that a pod's own `jasm-init` makes, and whether anything takes it."""

from typing import Any

import pytest

from initsync.kube import place, secretuse
from initsync.words import keys
from initsync.words.model import OPAQUE
from tests.initsync.kube.warned_pods import (
    APP,
    BY_HAND,
    EARLY,
    ENV,
    ENV_FROM,
    MOUNT,
    MOUNTED,
    OURS,
    PROXY,
    PULL,
    by_check,
    migrate,
    pod,
    said,
)


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
