"""Kubernetes objects and the chart's values by `initsync policy`, and what the guard must know."""

import json
from typing import Any

import jsonschema
import pytest
import yaml

from initsync.kube import rbac
from initsync.words import keys
from tests.initsync.cli.policy_command import PLACE, accounts, pod, run
from tests.places import ROOT

CHART = ROOT / "deploy" / "chart" / "jasm"


def test_kubernetes_objects_and_the_charts_values_need_no_aws() -> None:
    documents = [pod(serviceAccountName="web"), pod("/x", "x", serviceAccountName="web")]

    code, objects, said = run("-o", "kubernetes", "-", stdin=documents)
    _, values, _ = run("-o", "helm", "-", stdin=documents)

    assert (code, said) == (0, "")
    (found,) = accounts(*documents)
    assert list(yaml.safe_load_all(objects)) == list(found["kubernetes"].values())
    item = {"namespace": "shop", "serviceAccounts": ["web"], "secretNames": ["db", "x"]}
    assert yaml.safe_load(values) == {"rbac": {"namespaces": [item]}}
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(values), schema)


def test_a_pod_that_evicts_itself_may_and_the_guard_is_needed_for_it() -> None:
    annotated = pod(serviceAccountName="web")
    annotated["metadata"]["annotations"] |= {keys.ON_CHANGE: "evict", keys.MODE: "sidecar"}
    template = {"metadata": annotated["metadata"], "spec": annotated["spec"]}
    found = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": template},
    }
    documents = [found, pod("/x", "x", serviceAccountName="other")]

    _, objects, said = run("-o", "kubernetes", "-", stdin=documents)
    _, values, _ = run("-o", "helm", "-", stdin=documents)

    roles = [it for it in yaml.safe_load_all(objects) if it["kind"] == "Role"]
    assert [rbac.eviction() in it["rules"] for it in roles] == [False, True]
    assert "ServiceAccount shop/web may evict pods, and RBAC cannot say which" in said
    items = yaml.safe_load(values)["rbac"]["namespaces"]
    assert [it.get("evict") for it in items] == [None, True]
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(values), schema)


def labelled(value: str, part: str = "initContainers", **container: Any) -> Any:
    """A pod with a container that sets the managed-by label."""
    env = [{"name": "JASM_MANAGED_BY", "value": value}]
    found = pod(serviceAccountName="web")
    found["spec"][part] = [{"name": "app", "image": "app:1", "env": env, **container}]
    return found


@pytest.mark.parametrize("output", ["yaml", "json", "kubernetes", "helm", "terraform"])
def test_labels_of_entries_are_told_to_the_guard_and_warned_of(output: str) -> None:
    marked = pod("/x", "x", serviceAccountName="web")
    text = marked["metadata"]["annotations"][keys.ANNOTATION]
    more = "labels: {team: shop, cost-centre: '7'}\nannotations: {example.com/owner: me}\n"
    marked["metadata"]["annotations"][keys.ANNOTATION] = f"{text.rstrip()}\n{more}"

    code, out, warned = run(*PLACE, "-o", output, "-", stdin=[marked])

    guard = {
        "allowedLabels": ["cost-centre", "team"],
        "allowedAnnotations": ["example.com/owner"],
    }
    (found,) = accounts(marked)
    assert (code, found["kubernetes"]["guard"]) == (0, guard)
    assert "the chart's guard must allow cost-centre, team (guard.allowedLabels), which" in warned
    if output == "helm":
        assert yaml.safe_load(out)["guard"] == guard
        schema = json.loads((CHART / "values.schema.json").read_text())
        jsonschema.validate(yaml.safe_load(out), schema)


BY_HAND: list[dict[str, Any]] = [
    {"name": "jasm-init"},
    {"command": ["/usr/local/bin/jasm-init", "-v"]},
    {"volumeMounts": [{"name": "podinfo", "mountPath": f"{keys.PODINFO_DIR}/"}]},
]


@pytest.mark.parametrize("container", BY_HAND, ids=["name", "command", "mount"])
@pytest.mark.parametrize("output", ["yaml", "json", "kubernetes", "helm", "terraform"])
def test_a_label_that_a_container_by_hand_sets_is_told_to_the_guard_and_warned_of(
    container: dict[str, Any], output: str
) -> None:
    documents = [labelled("team-x", **container), pod("/x", "x", serviceAccountName="web")]

    code, out, warned = run(*PLACE, "-o", output, "-", stdin=documents)

    (found,) = accounts(*documents)
    assert code == 0
    assert found["kubernetes"]["guard"] == {"managedBy": ["team-x"]}
    assert [secret.get("managedBy") for secret in found["secrets"]] == ["team-x", None]
    assert "must know JASM_MANAGED_BY team-x (guard.managedBy), and then takes Secrets" in warned
    if output == "helm":
        assert yaml.safe_load(out)["guard"] == {"managedBy": ["team-x"]}
        schema = json.loads((CHART / "values.schema.json").read_text())
        jsonschema.validate(yaml.safe_load(out), schema)


@pytest.mark.parametrize(
    ("part", "container"),
    [
        *(("containers", container) for container in [{}, *BY_HAND]),
        ("initContainers", {}),
        ("initContainers", {"command": ["sh", "jasm-init"]}),
        ("initContainers", {"args": ["jasm-init"], "command": [["jasm-init"]]}),
    ],
)
def test_a_label_that_any_other_container_sets_is_nobodys(
    part: str, container: dict[str, Any]
) -> None:
    code, out, said = run("-o", "helm", "-", stdin=[labelled("team-x", part, **container)])

    assert (code, said) == (0, "")
    assert "guard" not in yaml.safe_load(out)


def test_a_label_that_the_injector_set_is_the_platforms() -> None:
    found = labelled("team-x", name="jasm-init")
    found["metadata"]["annotations"][keys.INJECTED] = "0.1.0"

    _, out, _ = run("-o", "helm", "-", stdin=[found])

    assert "guard" not in yaml.safe_load(out)


def test_of_a_label_that_is_set_twice_the_last_counts() -> None:
    found = labelled("team-x", name="jasm-init")
    found["spec"]["initContainers"][0]["env"].append({"name": "JASM_MANAGED_BY", "value": "y"})

    _, out, _ = run("-o", "helm", "-", stdin=[found])

    assert yaml.safe_load(out)["guard"] == {"managedBy": ["y"]}
