"""What the doctor says of JASM's own parts, without a cluster."""

from typing import Any

import pytest

from initsync.doctor import installation
from initsync.doctor.installation import Objects, Registered, ServiceRef
from initsync.doctor.result import Unread
from initsync.inventory import why

ENTRY = "injector.jasm.codnod.io"
SERVICE = {"service": {"namespace": "jasm-system", "name": "jasm-injector"}, "caBundle": "Y2E="}
UNREAD = Unread("it needs `list` on x")
LABELLED: dict[str, Any] = {"metadata": {"name": "jasm"}}


def hooks(*clients: dict[str, Any]) -> list[dict[str, Any]]:
    entries = [{"name": f"{number}.{ENTRY}", "clientConfig": c} for number, c in enumerate(clients)]
    return [{"metadata": {"name": "jasm-injector"}, "webhooks": entries}]


def bound(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"spec": {"policyName": name, **more}} for name in names]


@pytest.mark.parametrize(
    ("version", "status"),
    [
        *(("v1.29.15", "failed"), ("v1.30.0", "ok"), ("v1.37.2", "ok"), ("v2.0.0", "ok")),
        *(("v1.30.14-eks-1-30", "ok"), ("v1.9.0", "failed"), ("unknown", "ok")),
    ],
)
def test_the_oldest_kubernetes_is_1_30(version: str, status: str) -> None:
    assert installation.api_version(version).status == status


def test_only_jasms_entries_of_only_jasms_configurations_count() -> None:
    other = {"name": f"not-{ENTRY}", "clientConfig": SERVICE}
    mixed = {"metadata": {"name": "m"}, "webhooks": [other, {"name": ENTRY, "clientConfig": {}}]}
    foreign = {"metadata": {"name": "f"}, "webhooks": [other]}

    (found,) = why.webhooks([mixed, foreign, {"metadata": {"name": "empty"}}])

    assert [hook["name"] for hook in found["webhooks"]] == [ENTRY]


REGISTRATIONS: list[tuple[Objects, Objects, Objects, str]] = [
    (UNREAD, [], [], "skipped registration: it needs `list` on x"),
    ([], UNREAD, [], "skipped registration: there is no webhook; of policies: it needs"),
    ([], [], [], "failed  registration: neither a webhook nor a MutatingAdmissionPolicy"),
    ([], [LABELLED], bound("jasm"), "ok      registration: MutatingAdmissionPolicy jasm"),
    ([], [LABELLED], [], "failed  registration: MutatingAdmissionPolicy jasm has no binding"),
    ([], [LABELLED], UNREAD, "skipped registration: MutatingAdmissionPolicy jasm is there; of"),
    (
        hooks(SERVICE),
        [],
        [],
        "ok      registration: MutatingWebhookConfiguration jasm-injector, 1 e",
    ),
    (hooks(SERVICE), [LABELLED], [], "warning registration: a webhook and a policy both inject"),
    (
        hooks(SERVICE, SERVICE | {"caBundle": ""}),
        [],
        [],
        "failed  registration: MutatingWebhookConfiguration jasm-injector has no caBundle in 1.inj",
    ),
    (
        hooks({"url": "https://x"}),
        [],
        [],
        "ok      registration: MutatingWebhookConfiguration jasm",
    ),
]


@pytest.mark.parametrize(("webhooks", "policies", "bindings", "line"), REGISTRATIONS)
def test_registration(webhooks: Objects, policies: Objects, bindings: Objects, line: str) -> None:
    found = Registered(webhooks, policies, bindings)

    assert str(installation.registration(found, needed=True)).startswith(line)


@pytest.mark.parametrize(
    ("conditions", "status"),
    [({"ready": True}, "ok"), ({"ready": False}, "failed"), ({}, "ok"), (None, "failed")],
)
def test_an_endpoint_that_does_not_say_is_ready(conditions: Any, status: str) -> None:
    """https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions"""
    points = [] if conditions is None else [{"conditions": conditions}]

    assert installation.endpoints(ServiceRef("a", "b"), [{"endpoints": points}]).status == status


GUARDS: list[tuple[Objects, Objects, str]] = [
    (UNREAD, [], "skipped guard: it needs"),
    ([], [], "warning guard: no ValidatingAdmissionPolicy"),
    ([LABELLED], UNREAD, "skipped guard: ValidatingAdmissionPolicy jasm is there; of its binding"),
    ([LABELLED], [], "warning guard: ValidatingAdmissionPolicy jasm denies nothing"),
    (
        [LABELLED],
        bound("jasm", validationActions=["Audit", "Deny"]),
        "ok      guard: ValidatingAdmissionPolicy jasm",
    ),
]


@pytest.mark.parametrize(("policies", "bindings", "line"), GUARDS)
def test_guard(policies: Objects, bindings: Objects, line: str) -> None:
    assert str(installation.guard(policies, bindings)).startswith(line)


def deployment(image: str, init: str, secret: str = "tls") -> dict[str, Any]:
    container = {"image": image, "args": [f"--image={init}"]}
    volumes = [{"name": "tmp", "emptyDir": {}}, {"name": "c", "secret": {"secretName": secret}}]
    return {"spec": {"template": {"spec": {"containers": [container], "volumes": volumes}}}}


@pytest.mark.parametrize(
    ("image", "status"),
    [
        ("jasm/injector:1.2.3", "ok"),
        ("registry:5000/jasm/injector:v1.2.3", "ok"),
        ("jasm/injector:1.2.3@sha256:00", "ok"),
        ("jasm/injector@sha256:00", "ok"),
        ("registry:5000/jasm/injector", "ok"),
        ("jasm/injector:1.2.4", "warning"),
    ],
)
def test_a_version_is_an_images_tag_where_it_has_one(image: str, status: str) -> None:
    found = [deployment(image, "jasm/init:1.2.3")]

    assert installation.versions(found, [], None, "1.2.3").status == status


def test_without_the_injectors_deployment_the_certificate_is_looked_for_by_the_services_name() -> (
    None
):
    to = ServiceRef("jasm-system", "x-injector")

    assert installation.certificate_secret([deployment("a", "b", "own")], to) == "own"
    assert installation.certificate_secret(UNREAD, to) == "x-injector-tls"


def test_a_policy_has_its_version_in_its_label() -> None:
    policy = {"metadata": {"name": "jasm", "labels": {"app.kubernetes.io/version": "1.2.3"}}}

    assert installation.versions([], [policy], None, "1.2.3").message.endswith(
        "the policy jasm:1.2.3"
    )
    assert installation.versions([], [policy], None, "1.2.4").status == "warning"
    assert installation.versions([], [], None, "1.2.3").status == "skipped"
