"""What a pod may make the injector do: bounds that no pod of a cluster meets, and a clear no."""

import json
import re
import time
from typing import Any

import pytest

from initsync.injection import bounds
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from injector.webhook.plan import Plans
from tests.injector.webhook import oversized
from tests.injector.webhook.test_hostile import ask, review
from tests.places import ROOT

MANY = bounds.MOST


def pod(**spec: Any) -> dict[str, Any]:
    annotations = {keys.ANNOTATION: oversized.ANNOTATION}
    app = {"name": "app", "image": "a"}
    metadata = {"name": "web", "annotations": annotations}
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [app], **spec}}


def with_annotations(count: int) -> dict[str, Any]:
    made = pod()
    made["metadata"]["annotations"] |= {str(number): "" for number in range(count - 1)}
    return made


def with_annotated(count: int) -> dict[str, Any]:
    made = pod()
    rest = count - len(keys.ANNOTATION) - len(oversized.ANNOTATION) - 1
    made["metadata"]["annotations"]["x"] = "x" * rest
    return made


def with_containers(count: int) -> dict[str, Any]:
    more = [{"name": f"c{number}", "image": "a"} for number in range(count - 1)]
    return pod(initContainers=more)


def with_volumes(count: int) -> dict[str, Any]:
    return pod(volumes=[{"name": f"v{number}", "emptyDir": {}} for number in range(count)])


def with_sources(count: int) -> dict[str, Any]:
    source = {"secret": {"name": "b"}}
    volume = {"name": "v" * 63, "projected": {"sources": [source] * (count // 2)}}
    rest = {"name": "w", "projected": {"sources": [source] * (count - count // 2)}}
    return pod(volumes=[volume, rest])


def with_items(count: int) -> dict[str, Any]:
    items = [{"key": "k", "path": f"p{number}"} for number in range(count)]
    own = {"name": "v", "secret": {"secretName": "b", "items": items[: count // 2]}}
    projected = {"sources": [{"secret": {"name": "b", "items": items[count // 2 :]}}]}
    return pod(volumes=[own, {"name": "w", "projected": projected}])


def with_lists(count: int) -> dict[str, Any]:
    few = {"imagePullSecrets": [{"name": "p"}], "hostAliases": [{"ip": "10.0.0.1"}]}
    made = pod(tolerations=[{"key": f"t{number}"} for number in range(count - 3)], **few)
    made["metadata"]["finalizers"] = ["example.com/f"]
    return made


def with_variables(count: int) -> dict[str, Any]:
    made = pod(initContainers=[{"name": "first", "env": [{"name": "A"}] * (count - 1)}])
    made["spec"]["containers"][0]["env"] = [{"name": "A", "value": "x"}]
    return made


def with_parts(count: int) -> dict[str, Any]:
    made = pod(initContainers=[{"name": "first", "ports": [{"containerPort": 1}] * (count - 2)}])
    (app,) = made["spec"]["containers"]
    app["envFrom"] = [{"secretRef": {"name": "b"}}]
    app["volumeMounts"] = [{"name": "v", "mountPath": "/v"}]
    return made


def with_text_of_items(count: int) -> dict[str, Any]:
    item = {"key": "k", "path": "p" * (count - 1)}
    return pod(volumes=[{"name": "v", "secret": {"secretName": "b", "items": [item]}}])


def with_a_name(count: int) -> dict[str, Any]:
    return pod(volumes=[{"name": "v" * count, "secret": {"secretName": "b"}}])


MAKERS = (
    *(with_annotations, with_annotated, with_containers, with_volumes, with_sources, with_items),
    *(with_lists, with_variables, with_parts, with_text_of_items, with_a_name),
)
BOUNDS = [
    pytest.param(what, most, make, id=what)
    for (what, most), make in zip(MANY.items(), MAKERS, strict=True)
]


def response(found: dict[str, Any]) -> dict[str, Any]:
    status, body = ask(review(found))
    assert status == 200
    assert len(body) < 1024 * 1024
    answer: dict[str, Any] = json.loads(body)["response"]
    return answer


@pytest.mark.parametrize(("what", "most", "make"), BOUNDS)
def test_as_much_as_is_allowed_is_injected(what: str, most: int, make: Any) -> None:
    answer = response(make(most))

    assert answer["allowed"]
    assert answer["patch"]


@pytest.mark.threat("A tenant is malicious")
@pytest.mark.parametrize(("what", "most", "make"), BOUNDS)
def test_more_is_refused_with_what_how_many_and_the_bound(what: str, most: int, make: Any) -> None:
    answer = response(make(most + 1))

    assert not answer["allowed"]
    assert answer["status"]["code"] == 422
    assert f": {most + 1} {what}, and {most} are the most. " in answer["status"]["message"]
    assert f'annotate it {keys.INJECT}: "false"' in answer["status"]["message"]


def test_a_pod_that_could_never_do_what_it_asks_for_is_refused_too() -> None:
    asking = pod()
    asking["metadata"]["annotations"] |= {keys.ON_CHANGE: "evict", keys.MODE: "sidecar"}

    answer = response(asking)

    assert not answer["allowed"]
    assert answer["status"]["code"] == 422
    assert "evict needs a controller that makes the pod anew" in answer["status"]["message"]


@pytest.mark.parametrize(("what", "most", "make"), BOUNDS)
def test_a_pod_that_asks_for_no_secret_may_have_more(what: str, most: int, make: Any) -> None:
    made = make(most + 1)
    del made["metadata"]["annotations"][keys.ANNOTATION]

    assert response(made)["allowed"]


# The least that an API server writes of each.
LEAST = {
    "annotations": '"a":"",',
    "containers, init containers included": '{"name":"a","resources":{}},',
    "volumes": '{"name":"a","emptyDir":{}},',
    "sources in projected volumes": '{"secret":{}},',
    "items of Secrets in volumes": '{"key":"","path":""},',
    "imagePullSecrets, tolerations, hostAliases and finalizers": "{},",
    "variables of containers": '{"name":""},',
    "arguments, ports, mounts and envFrom of containers": "{},",
}


@pytest.mark.parametrize("what", LEAST)
def test_in_a_small_review_there_is_no_room_for_more(what: str) -> None:
    assert len(LEAST[what]) * MANY[what] >= bounds.SMALL


@pytest.mark.threat("A tenant is malicious")
def test_a_long_name_is_not_written_once_for_each_source() -> None:
    """Of a review that is small: 13,000 characters by 600 sources were a patch of 10 MB."""
    source = {"secret": {"name": "b"}}
    found = pod(volumes=[{"name": "v" * 13_000, "projected": {"sources": [source] * 600}}])

    answer = response(found)

    assert "13000 characters in the name of a volume" in answer["status"]["message"]


@pytest.mark.threat("A tenant is malicious")
def test_a_patch_that_is_too_long_is_refused() -> None:
    """Nothing is beyond its bound, but the environment of jasm-wait would be a megabyte."""
    volumes = [{"name": f"v{n:062}", "secret": {"secretName": "b"}} for n in range(2000)]

    answer = response(pod(volumes=volumes))

    assert "characters of patch, and 1000000 are the most" in answer["status"]["message"]


@pytest.mark.threat("A tenant is malicious")
@pytest.mark.parametrize("shape", oversized.SHAPES)
def test_an_oversized_pod_is_refused_at_once(shape: str) -> None:
    found = oversized.made(pod(), shape)
    size, begun = len(review(found)), time.process_time()

    plan = Plans(InjectionSettings("i")).of(found, size)

    assert time.process_time() - begun < 0.25, "the old code took seconds for the worst"
    assert plan.refused
    assert not plan.patch


def test_the_reference_has_every_bound() -> None:
    page = (ROOT / "docs/reference.md").read_text()
    table = page.partition("## Bounds of a pod")[2].partition("\n## ")[0]
    rows = [row.strip("|").split("|") for row in table.splitlines() if row.startswith("| ")][1:]

    said = {re.split(r" \(|;", what)[0].strip(): int(most.replace(",", "")) for what, most in rows}

    assert said == bounds.MOST | {"characters of the patch that an answer brings": bounds.ANSWER}
