"""Two and three writers on one Secret, in orders of their steps, on the real API server.

All orders of two and 140 of three; with FULL=1 all 2,000, as `tests/initsync/sync` tries them in
memory each time. Likewise of two Secrets, and of two sources for one. Each writer has a client of
its own.
"""

from collections.abc import Iterator

import pytest

from initsync.kube.access import Access
from initsync.kube.cluster import Cluster
from initsync.network.transport import Network
from initsync.network.trust import trusting
from initsync.testing.controlplane import ControlPlane
from tests.full import FULL
from tests.initsync.sync.interleavings import CASES, NAMESPACE, assert_newest_wins
from tests.initsync.sync.interleavings_several import (
    assert_newest_wins_in_two_secrets,
    assert_newest_wins_of_two_sources,
)
from tests.initsync.sync.interleavings_several import orders as some

OF_TWO = [case for case in CASES if "c" not in case.order]
OF_THREE = [case for case in CASES if "c" in case.order]
TRIED = CASES if FULL else OF_TWO + OF_THREE[::14]
TWO_SECRETS = some("abcd", 3, 1000 if FULL else 40)
TWO_SOURCES = [*some("ab", 4, 70 if FULL else 10), *some("abc", 4, 930 if FULL else 30)]
CHUNK = 40


def test_they_are_as_many_as_is_said() -> None:
    assert len(TRIED) == (2000 if FULL else 40 + 140)
    assert {case.existing for case in OF_THREE[::14]} == {False, True}


@pytest.fixture(scope="module")
def clusters(real_api: ControlPlane) -> Iterator[dict[str, Cluster]]:
    """A client of its own for each writer."""
    real_api.create_namespace(NAMESPACE)
    network = Network({}, lambda: 60.0, lambda _: None)
    tls = trusting(real_api.ca_file)
    made = {}
    for writer in "abc":
        access = Access(real_api.url, lambda: tls, lambda: f"Bearer {real_api.admin_token}")
        made[writer] = Cluster(access.api(network), NAMESPACE)
    yield made
    network.close()


@pytest.mark.parametrize("first", range(0, len(TRIED), CHUNK))
def test_the_newest_value_wins_and_none_is_ever_reverted(
    clusters: dict[str, Cluster], first: int
) -> None:
    for number, case in enumerate(TRIED[first : first + CHUNK], first):
        assert_newest_wins(case, f"s-{number}", clusters)


@pytest.mark.parametrize("first", range(0, len(TWO_SECRETS), CHUNK))
def test_in_each_of_two_secrets_of_two_pods_the_newest_value_wins(
    clusters: dict[str, Cluster], first: int
) -> None:
    """`a` and `c` are one pod each; `b` and `d` are what those do to their second Secret."""
    for number, order in enumerate(TWO_SECRETS[first : first + CHUNK], first):
        own = {ref: clusters[ref] for ref in "ac"}
        assert_newest_wins_in_two_secrets(order, {f"one-{number}": own, f"two-{number}": own})


@pytest.mark.parametrize("first", range(0, len(TWO_SOURCES), CHUNK))
def test_of_two_sources_the_newest_values_win_together(
    clusters: dict[str, Cluster], first: int
) -> None:
    for number, order in enumerate(TWO_SOURCES[first : first + CHUNK], first):
        assert_newest_wins_of_two_sources(order, f"both-{number}", clusters)
