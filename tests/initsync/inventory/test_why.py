"""Why a pod was not injected: read off the pod, its namespace, and what injects."""

from typing import Any

import pytest

from initsync.inventory.late import Template
from initsync.inventory.why import Injecting, injecting, others, webhooks, why
from initsync.kube import podfields
from initsync.kube.selectors import requirements
from initsync.words import keys

UNSEEN = "the injector did not see it: delete it, so that it is created again"
HOOKS = "MutatingWebhookConfiguration jasm-injector"


def pod(namespace: str = "shop", **spec: Any) -> Any:
    annotations = {keys.ANNOTATION: "x"}
    metadata = {"namespace": namespace, "name": "web", "annotations": annotations}
    return {"metadata": metadata, "spec": {"containers": [{"name": "app"}], **spec}}


def webhook(*beside: str, name: str = "jasm-injector", **match: Any) -> list[Injecting]:
    tries = [{"name": f"{place}.injector.jasm.codnod.io"} for place in ("first", "second")]
    last = {"name": "injector.jasm.codnod.io", **match}
    hooks = {"metadata": {"name": name}, "webhooks": [*tries, last]}
    every = [hooks, *map(foreign, beside)]
    return injecting(webhooks(every), [], others(every))


def foreign(name: str, resource: str = "pods", operation: str = "CREATE") -> Any:
    rule = {"apiGroups": [""], "resources": [resource], "operations": [operation]}
    return {"metadata": {"name": name}, "webhooks": [{"name": "a.b.c", "rules": [rule]}]}


def policy(*beside: str, **match: Any) -> list[Injecting]:
    spec = {"matchConstraints": match, "matchConditions": [{"name": "not-windows"}]}
    found = [{"metadata": {"name": "jasm-injection"}, "spec": spec}]
    return injecting([], found, beside)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"os": {"name": "windows"}}, "it is a Windows pod"),
        ({"nodeSelector": {"kubernetes.io/os": "windows"}}, "it is a Windows pod"),
        ({"nodeSelector": {"beta.kubernetes.io/os": "windows"}}, "it is a Windows pod"),
        ({"containers": [{"name": "jasm-init"}]}, "a container of it is called jasm-init or"),
        ({"initContainers": [{"name": "jasm-wait"}]}, "a container of it is called jasm-init or"),
    ],
)
def test_what_stands_in_the_pod_comes_first(spec: Any, said: str) -> None:
    assert why(pod(**spec), {}, webhook()).startswith(said)


def test_a_static_pods_mirror_is_told_as_such() -> None:
    found = pod()
    found["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "x"

    assert why(found, None, None).startswith("it mirrors a static pod")


@pytest.mark.parametrize("part", ["annotations", "labels"])
def test_an_opt_out_counts_as_annotation_and_as_label(part: str) -> None:
    found = pod()
    found["metadata"].setdefault(part, {})[keys.INJECT] = "false"

    assert why(found, None, None).startswith(f"it opts out ({keys.INJECT})")


@pytest.mark.parametrize(
    ("selector", "labels", "said"),
    [
        ({"matchLabels": {"team": "x"}}, {}, "team=x"),
        ({"matchLabels": {"team": "x"}}, {"team": "y"}, "team=x"),
        ({"matchLabels": {"team": "x"}}, {"team": "x"}, ""),
        (("env", "In", ["a", "b"]), {"env": "c"}, "env in (a,b)"),
        (("env", "In", ["a", "b"]), {"env": "b"}, ""),
        (("env", "NotIn", ["a"]), {"env": "a"}, "env notin (a)"),
        (("env", "NotIn", ["a"]), {}, ""),
        (("env", "Exists", None), {}, "env"),
        (("env", "Exists", None), {"env": ""}, ""),
        (("env", "DoesNotExist", None), {"env": "a"}, "!env"),
        (("env", "DoesNotExist", None), {}, ""),
    ],
)
def test_a_selector_is_judged_as_the_api_server_does(
    selector: Any, labels: dict[str, str], said: str
) -> None:
    if isinstance(selector, tuple):
        names = ("key", "operator", "values")
        selector = {"matchExpressions": [dict(zip(names, selector, strict=True))]}
    unmet = [str(one) for one in requirements(selector) if not one.holds(labels)]

    assert unmet == ([said] if said else [])


def test_the_selector_that_leaves_it_out_is_named() -> None:
    never = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["infra"]}
    labelled = pod()
    labelled["metadata"]["labels"] = {"tier": "web"}
    tier = {"matchLabels": {"tier": "db"}}

    excluded = why(pod("infra"), None, webhook(namespaceSelector={"matchExpressions": [never]}))
    by_label = why(labelled, {}, policy(objectSelector=tier))

    assert excluded == (
        f"the namespaceSelector of {HOOKS} leaves out its namespace: "
        "kubernetes.io/metadata.name notin (infra)"
    )
    assert by_label == (
        "the objectSelector of MutatingAdmissionPolicy jasm-injection leaves it out: tier=db"
    )


def test_labels_of_a_namespace_that_were_not_read_exclude_nothing() -> None:
    known = webhook(namespaceSelector={"matchLabels": {"team": "x"}})

    assert why(pod(), None, known) == UNSEEN
    assert why(pod(), {}, known) != UNSEEN


def test_a_pod_that_one_of_two_takes_was_not_seen() -> None:
    narrow = webhook(namespaceSelector={"matchLabels": {"team": "x"}})

    assert why(pod(), {}, [*narrow, *policy()]) == UNSEEN


def test_conditions_that_are_not_jasms_may_leave_it_out() -> None:
    names = ("asks-for-a-secret", "only-prod")
    known = webhook(matchConditions=[{"name": name} for name in names])

    assert why(pod(), {}, known) == (
        f"{UNSEEN}; if it stays so, a matchCondition leaves it out: only-prod"
    )


def test_where_nothing_injects_nobody_is_told_to_delete_the_pod() -> None:
    assert why(pod(), {}, []).startswith("nothing injects pods: install JASM")


def test_without_the_right_to_read_what_injects_the_defaults_are_supposed() -> None:
    assert why(pod("kube-system"), None, None) == "pods of its namespace are never injected"
    assert why(pod(), None, None) == UNSEEN


@pytest.mark.parametrize(
    ("container", "served"),
    [
        ({"name": "jasm-init"}, True),
        ({"name": "secrets", "command": ["jasm-init"]}, True),
        ({"name": "secrets", "command": ["/usr/local/bin/jasm-init"]}, True),
        ({"name": "secrets", "volumeMounts": [{"mountPath": keys.PODINFO_DIR + "/"}]}, True),
        ({"name": "secrets", "command": ["jasm-wait"]}, False),
        ({"name": "secrets"}, False),
    ],
)
def test_a_container_by_hand_is_known_by_what_it_runs_or_reads(
    container: Any, served: bool
) -> None:
    assert podfields.served(pod(initContainers=[container])) == served


BEFORE, AFTER = "a-webhook", "kyverno-resource-mutating-webhook-cfg"
WITHOUT, WITH = (
    Template("ReplicaSet web-5d", {}),
    Template("ReplicaSet web-5d", {keys.ANNOTATION: ""}),
)
BY_NAME = "name JASM's behind it (webhook.name of the chart: m-jasm-injector), or "
ELSE = "put the annotation into the pod template of ReplicaSet web-5d"


def test_a_webhook_that_annotates_pods_after_jasms_was_called_is_named() -> None:
    said = "the pod template of ReplicaSet web-5d has no annotation: "
    said += f"a webhook gives it, and is called after JASM's ({AFTER}): "

    by_webhook = why(pod(), {}, webhook(BEFORE, AFTER), WITHOUT)
    by_policy = why(pod(), {}, policy(AFTER), WITHOUT)

    assert by_webhook == f"{said}{BY_NAME}{ELSE}"
    assert by_policy == f"{said}{ELSE}"


@pytest.mark.parametrize(
    ("known", "made_of"),
    [
        (webhook(BEFORE, AFTER), WITH),
        (webhook(BEFORE), WITHOUT),
        (webhook(BEFORE, AFTER, name="m-jasm-injector"), WITHOUT),
        (webhook(BEFORE, "pod-identity-webhook"), None),
        (None, WITH),
        (None, None),
    ],
)
def test_where_no_webhook_can_have_done_it_the_pod_was_not_seen(
    known: list[Injecting] | None, made_of: Template | None
) -> None:
    assert why(pod(), {}, known, made_of) == UNSEEN


def test_where_only_one_of_the_two_is_known_it_is_not_left_out() -> None:
    of_its_own = why(pod(), {}, webhook(BEFORE, AFTER), None)
    unread = why(pod(), {}, None, WITHOUT)

    assert of_its_own == (
        f"{UNSEEN}; if it stays so, a webhook that is called after JASM's annotates it ({AFTER}): "
        f"{BY_NAME}put the annotation into what it is made of"
    )
    assert unread == (
        "the pod template of ReplicaSet web-5d has no annotation: a webhook gives it, and is "
        f"called after JASM's: {BY_NAME}{ELSE}"
    )


@pytest.mark.parametrize(
    ("resource", "operation", "counts"),
    [
        *(("pods", "CREATE", True), ("*", "*", True), ("*/*", "CREATE", True)),
        *(("pods", "UPDATE", False), ("services", "CREATE", False), ("pods/status", "*", False)),
    ],
)
def test_only_webhooks_that_are_sent_new_pods_count(
    resource: str, operation: str, counts: bool
) -> None:
    assert others([foreign("z", resource, operation)]) == (["z"] if counts else [])


def managed(manager: str, time: str, *annotations: str) -> Any:
    fields: dict[str, Any] = {f"f:{name}": {} for name in annotations}
    written = {"f:metadata": {"f:annotations": fields}}
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": written}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([managed("k", "2027-01-15T07:00:01Z", keys.ANNOTATION)], UNSEEN),
        (
            [
                managed("k", "2027-01-15T07:00:09Z", "a"),
                managed("kubectl-annotate", "2027-01-15T08:00:00Z", keys.ANNOTATION),
            ],
            f"kubectl-annotate annotated it after it was made: {ELSE}",
        ),
        (
            [
                managed("kyverno", "2027-01-15T07:00:09Z", keys.ANNOTATION),
                managed("k", "2027-01-15T07:00:09Z", "a"),
                managed("kubelet", "2027-01-15T07:00:20Z"),
            ],
            UNSEEN,
        ),
        ([], UNSEEN),
    ],
)
def test_who_annotates_a_pod_that_is_there_is_told(entries: Any, said: str) -> None:
    found = pod()
    found["metadata"]["managedFields"] = entries

    assert why(found, {}, webhook(), WITHOUT) == said
