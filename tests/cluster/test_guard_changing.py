"""The guard while JASM_MANAGED_BY changes: from one value to the other, and from no third."""

from collections.abc import Iterator

import pytest

from initsync.testing.controlplane import Binaries, ControlPlane
from tests.chart.helm import Helm
from tests.cluster.contract import Secrets
from tests.cluster.guard import install, new_namespace
from tests.cluster.test_guard_values import guarded, write


@pytest.fixture(scope="module")
def api(binaries: Binaries, helm: Helm) -> Iterator[ControlPlane]:
    """As docs/upgrade.md has it in the middle of a change."""
    with ControlPlane(binaries) as server:
        chosen = (
            "--set=injection.env.JASM_MANAGED_BY=acme",
            "--set=injection.env.JASM_ALSO_MANAGED_BY=caronte",
            "--set=guard.managedBy={team-a}",
        )
        install(server, helm.objects("--show-only=templates/guard.yaml", *chosen))
        yield server


@pytest.fixture
def pods(api: ControlPlane) -> Secrets:
    """What they may write in a namespace."""
    return guarded(api, new_namespace(api))


@pytest.mark.parametrize(("first", "second"), [("caronte", "acme"), ("acme", "caronte")])
def test_a_secret_goes_from_either_value_to_the_other(
    pods: Secrets, first: str, second: str
) -> None:
    """Pods of before and of after start beside each other."""
    assert write(pods, first).status == 201

    assert write(pods, second).status == 200


def test_a_secret_of_another_value_is_not_taken_over(pods: Secrets) -> None:
    assert write(pods, "team-a").status == 201

    answer = write(pods, "acme")

    assert answer.status == 403
    assert "not for taking over a Secret of others" in answer.body["message"]
