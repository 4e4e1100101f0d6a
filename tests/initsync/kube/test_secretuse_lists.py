"""Each Secret of a list is told by itself where it never gets to a container."""

from typing import Any

import yaml

from initsync import providers
from initsync.kube import secretuse
from initsync.manifests import check
from initsync.words import keys
from initsync.words.model import OPAQUE
from tests.initsync.kube.warned_pods import APP, EARLY, MOUNT, OURS, PULL, migrate, pod, said


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
