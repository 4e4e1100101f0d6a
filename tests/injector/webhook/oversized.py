"""Pods of some 3 MiB, the most that an API server takes: of each kind of thing far too many."""

from collections.abc import Callable
from typing import Any

from initsync.words import keys

ANNOTATION = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: b\n"
Shape = Callable[[dict[str, Any]], None]


def sources(pod: dict[str, Any]) -> None:
    projected = {"sources": [{"secret": {"name": "b"}}] * 100_000}
    pod["spec"]["volumes"] = [{"name": "v", "projected": projected}]


def secret_volumes(pod: dict[str, Any]) -> None:
    pod["spec"]["volumes"] = [{"name": "a", "secret": {}}] * 120_000


def containers(pod: dict[str, Any]) -> None:
    pod["spec"]["containers"] = [{"name": "a", "image": "a"}] * 80_000


def init_containers(pod: dict[str, Any]) -> None:
    pod["spec"]["initContainers"] = [{"name": "a", "image": "a"}] * 80_000


def items(pod: dict[str, Any]) -> None:
    secret = {"secretName": "b", "items": [{"key": "k", "path": "p"}] * 120_000}
    pod["spec"]["volumes"] = [{"name": "v", "secret": secret}]


def pull_secrets(pod: dict[str, Any]) -> None:
    pod["spec"]["imagePullSecrets"] = [{"name": "a"}] * 220_000


def tolerations(pod: dict[str, Any]) -> None:
    pod["spec"]["tolerations"] = [{"key": "a"}] * 200_000


def variables(pod: dict[str, Any]) -> None:
    """As many as fit, of a name that is looked at, where they are looked at."""
    (app,) = pod["spec"]["containers"]
    app["env"] = [{"name": "AWS_REGION", "value": "x"}] * 85_000
    app["volumeMounts"] = [{"name": "aws-iam-token", "mountPath": "/t"}]


def sources_of_variables(pod: dict[str, Any]) -> None:
    pod["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "b"}}] * 80_000


def arguments(pod: dict[str, Any]) -> None:
    pod["spec"]["containers"][0]["args"] = ["x"] * 750_000


def ports(pod: dict[str, Any]) -> None:
    pod["metadata"]["annotations"] |= {keys.MODE: "sidecar", keys.METRICS_PORT: "9102"}
    pod["spec"]["containers"][0]["ports"] = [{"containerPort": 1}] * 150_000


def mounts(pod: dict[str, Any]) -> None:
    mount = {"name": "jasm-token", "mountPath": "/t"}
    pod["spec"]["containers"][0]["volumeMounts"] = [mount] * 75_000


def an_annotation(pod: dict[str, Any]) -> None:
    pod["metadata"]["annotations"][keys.ANNOTATION] += "#" + "x" * 3_000_000


def annotations(pod: dict[str, Any]) -> None:
    more = {f"{keys.PREFIX}{number}": "x" * 100 for number in range(20_000)}
    pod["metadata"]["annotations"] |= more


def a_name_for_each_source(pod: dict[str, Any]) -> None:
    """Few bytes that would be many in a patch: the name is there once for each source."""
    projected = {"sources": [{"secret": {"name": "b"}}] * 1_900}
    pod["spec"]["volumes"] = [{"name": "v" * 3_000_000, "projected": projected}]


def text_of_items(pod: dict[str, Any]) -> None:
    path = "\N{GRINNING FACE}" + "p" * 3_000_000
    secret = {"secretName": "b", "items": [{"key": "k", "path": path}]}
    pod["spec"]["volumes"] = [{"name": "v", "secret": secret}]


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        *(sources, secret_volumes, containers, init_containers, items, variables, arguments, ports),
        *(sources_of_variables, mounts, pull_secrets, tolerations, an_annotation, annotations),
        *(a_name_for_each_source, text_of_items),
    )
}


def made(pod: dict[str, Any], name: str) -> dict[str, Any]:
    """The pod, with a Secret to ask for, in that shape."""
    pod["metadata"].setdefault("annotations", {})[keys.ANNOTATION] = ANNOTATION
    SHAPES[name](pod)
    return pod


def third(found: Any) -> Any:
    """A pod with a third of each thing of which it has far too many: still far too many."""
    match found:
        case str() if len(found) > 1_000_000:
            return found[: len(found) // 3]
        case list() if len(found) > _MANY:
            return found[: len(found) // 3]
        case list():
            return [third(it) for it in found]
        case dict():
            kept = len(found) // 3 if len(found) > _MANY else len(found)
            return {name: third(found[name]) for name in list(found)[:kept]}
    return found


_MANY = 10_000
