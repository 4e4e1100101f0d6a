"""The registration as it is shipped, on the real API server: who opts out is never sent to us."""

from collections.abc import Iterator

import pytest

from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests.cluster.guard import new_namespace
from tests.cluster.injector_side import (
    annotated,
    create,
    is_injected,
    register,
)
from tests.polling import until


@pytest.fixture
def api(real_api: ControlPlane, namespace: str) -> Iterator[ControlPlane]:
    with Webhook() as webhook:
        register(real_api, webhook.url, webhook.ca_pem)
        until(lambda: is_injected(create(real_api, annotated(namespace))))
        yield real_api
        real_api.unregister_webhook()


@pytest.fixture
def namespace(real_api: ControlPlane) -> str:
    return new_namespace(real_api)


def injected(api: ControlPlane, namespace: str, **metadata: dict[str, str]) -> bool:
    return is_injected(create(api, annotated(namespace, **metadata)))


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, True),
        ({"labels": {keys.INJECT: "true"}}, True),
        ({"labels": {keys.INJECT: "false"}}, False),
        ({"annotations": {keys.INJECT: "false"}}, False),
    ],
)
def test_a_pod_opts_out_by_label_or_annotation(
    api: ControlPlane, namespace: str, metadata: dict[str, dict[str, str]], expected: bool
) -> None:
    assert injected(api, namespace, **metadata) == expected


@pytest.mark.threat("The injector is compromised")
@pytest.mark.parametrize("excluded", ["labelled", "kube-system", "jasm-system"])
def test_a_namespace_opts_out_by_label_and_some_are_never_served(
    api: ControlPlane, namespace: str, excluded: str
) -> None:
    if excluded == "labelled":
        excluded = f"{namespace}-out"
        api.create_namespace(excluded, {keys.NAMESPACE_LABEL: "disabled"})
    else:
        api.create_namespace(excluded)

    assert not injected(api, excluded)
