"""The newest value wins, whatever the order of two or three writers' steps; all in memory.

`tests/cluster/test_races.py` tries the same on the real API server.
"""

import itertools

import pytest

from initsync.words.model import JsonObject
from tests.full import times
from tests.initsync.sync.interleavings import CASES, assert_newest_wins, orders
from tests.initsync.sync.interleavings_several import (
    assert_newest_wins_in_two_secrets,
    assert_newest_wins_of_two_sources,
)
from tests.initsync.sync.interleavings_several import orders as some
from tests.initsync.sync.one_secret import Cluster

CHUNK = 200


def test_there_are_two_thousand_different_interleavings() -> None:
    assert len(set(CASES)) == len(CASES) == 40 + 1680 + 280


def test_orders_are_all_of_them() -> None:
    expected = set(itertools.permutations("aaabbb"))

    assert set(orders("ab")) == expected


@pytest.mark.parametrize("first", range(0, len(CASES), CHUNK))
def test_the_newest_value_wins_and_none_is_ever_reverted(first: int) -> None:
    for case in CASES[first : first + CHUNK]:
        assert_newest_wins(case, "db", dict.fromkeys("abc", Cluster()))


class Named(Cluster):
    """A Secret of another name."""

    def read_secret(self, name: str) -> JsonObject | None:
        return super().read_secret("db")


TWO_SECRETS = some("abcd", 3, times("TWO_SECRETS", full=1000, usual=500))
TWO_SOURCES = [*some("ab", 4, 70), *some("abc", 4, times("TWO_SOURCES", full=930, usual=430))]


@pytest.mark.parametrize("first", range(0, len(TWO_SECRETS), CHUNK))
def test_in_each_of_two_secrets_of_two_pods_the_newest_value_wins(first: int) -> None:
    for order in TWO_SECRETS[first : first + CHUNK]:
        stores = {name: dict.fromkeys("ac", Named()) for name in ("s-1", "s-2")}
        assert_newest_wins_in_two_secrets(order, stores)


@pytest.mark.parametrize("first", range(0, len(TWO_SOURCES), CHUNK))
def test_of_two_sources_the_newest_values_win_together(first: int) -> None:
    for order in TWO_SOURCES[first : first + CHUNK]:
        assert_newest_wins_of_two_sources(order, "db", dict.fromkeys("abc", Cluster()))
