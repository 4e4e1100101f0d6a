"""What the audit log tells with the policy of docs/security.md: who tried what, and no value."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from initsync.kube import rbac
from initsync.testing import manifests
from initsync.testing.controlplane import Binaries, ControlPlane
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster import guard
from tests.cluster.contract import encoded, secret
from tests.cluster.guard import Loot, managed
from tests.polling import until

PAGE = (Path(__file__).parent.parent.parent / "docs/security.md").read_text()
FAILURE = "validation.policy.admission.k8s.io/validation_failure"
SOURCE = "jasm-guard/source"


def policy() -> JsonObject:
    """The page's."""
    (found,) = re.findall(r"```yaml\n(apiVersion: audit.*?)```", PAGE, re.DOTALL)
    read: JsonObject = yaml.safe_load(found)
    return read


@pytest.fixture(scope="module")
def api(binaries: Binaries) -> Iterator[ControlPlane]:
    """One with that audit policy."""
    with ControlPlane(binaries, audit_policy=policy()) as server:
        guard.install(server)
        yield server


@pytest.fixture
def loot(api: ControlPlane) -> Loot:
    return guard.loot(api, "namespace")


def logged(api: ControlPlane, namespace: str, name: str, user: str = ":app") -> list[JsonObject]:
    """Writes of that Secret by the pod, the oldest first; there is one at least."""

    def found() -> list[JsonObject]:
        return [
            event
            for event in api.audit_events()
            if event["objectRef"].get("namespace") == namespace
            and event["objectRef"].get("name") == name
            and event["user"]["username"].endswith(user)
            and event["verb"] != "get"
        ]

    until(lambda: bool(found()), f"a line about {name}")
    return found()


@pytest.mark.threat("Somebody reads logs, Events and the audit log")
def test_a_refused_write_names_the_guard_its_reason_and_the_pod(
    api: ControlPlane, loot: Loot
) -> None:
    loot.thief.apply(managed("theirs"))

    (event,) = logged(api, loot.namespace, "theirs")

    (failure,) = json.loads(event["annotations"][FAILURE])
    assert failure["policy"] == guard.NAME
    assert failure["message"].startswith("JASM's Role is not for taking over")
    assert event["responseStatus"]["code"] == 403
    assert event["user"]["extra"]["authentication.kubernetes.io/pod-name"] == ["app-1"]
    assert event["sourceIPs"]


def test_a_write_tells_where_the_value_came_from(api: ControlPlane, loot: Loot) -> None:
    for path in ("/prod/db", "/prod/other"):
        loot.thief.apply(managed("db", annotations={keys.SOURCE_PATH: path}))

    until(lambda: len(logged(api, loot.namespace, "db")) == 2)

    told = [event["annotations"][SOURCE] for event in logged(api, loot.namespace, "db")]
    assert told == ["aws-secretsmanager: /prod/db", "aws-secretsmanager: /prod/other"]


@pytest.mark.threat("Somebody reads logs, Events and the audit log")
def test_a_guarded_write_has_a_source_even_if_it_is_a_deletion_or_names_none(
    api: ControlPlane,
) -> None:
    """So what has none is not guarded."""
    loot = guard.loot(api, "every verb")
    loot.thief.delete("db")
    loot.thief.delete("theirs")
    loot.thief.apply(managed("fresh", labels={keys.MANAGED_BY: keys.MANAGED_BY_DEFAULT}))

    told = [
        logged(api, loot.namespace, name)[0]["annotations"][SOURCE]
        for name in ("db", "theirs", "fresh")
    ]

    assert told == ["aws-secretsmanager: /prod/db", ":", ":"]


def test_a_write_that_is_not_guarded_has_no_source(api: ControlPlane) -> None:
    loot = guard.loot(api, "every verb without the mark")
    loot.thief.apply(managed("db"))

    (event,) = logged(api, loot.namespace, "db")

    assert SOURCE not in event["annotations"]


@pytest.mark.threat("Somebody reads logs, Events and the audit log")
def test_no_value_is_in_the_log(api: ControlPlane, loot: Loot) -> None:
    for name in ("db", "theirs"):
        loot.thief.apply(managed(name))
        logged(api, loot.namespace, name)

    lines = [json.dumps(event) for event in api.audit_events()]

    assert [line for line in lines if "pl4nted" in line or encoded("pl4nted")[:8] in line] == []


def test_a_change_of_the_guard_and_a_grant_around_it_are_seen_whole(
    api: ControlPlane, loot: Loot
) -> None:
    lifted = [{"apiGroups": [""], "resources": ["secrets"], "verbs": [rbac.BYPASS_VERB]}]
    for manifest in manifests.role(loot.namespace, "lift", "app", lifted):
        api.apply(manifest)

    (event,) = logged(api, loot.namespace, "lift", "admin")[:1]

    assert rbac.BYPASS_VERB in json.dumps(event["requestObject"])
    guards = [
        event
        for event in api.audit_events()
        if event["objectRef"]["resource"] == "validatingadmissionpolicies"
    ]
    assert guards[0]["requestObject"]["metadata"]["name"] == guard.NAME


def test_for_a_trial_the_guard_warns_and_logs_and_refuses_nothing(
    api: ControlPlane, loot: Loot
) -> None:
    (binding,) = (it for it in guard.documents() if it["kind"].endswith("Binding"))
    binding["spec"]["validationActions"] = ["Warn", "Audit"]
    api.apply(binding)
    try:
        body = secret("trial")
        until(lambda: loot.thief.apply(body).status == 201, "nothing is refused")
        answer = loot.thief.apply(body | {"data": {"a": ""}})
    finally:
        guard.install(api)

    assert answer.status == 200
    assert "JASM's Role is only for Secrets that carry the label" in answer.headers["warning"]
    assert guard.NAME in logged(api, loot.namespace, "trial")[-1]["annotations"][FAILURE]
