"""The newest value wins, whatever the order of two or three writers' steps; all in memory.

`tests/cluster/test_races.py` tries the same on the real API server.
"""

import itertools

import pytest

from tests.initsync.sync.interleavings import CASES, assert_newest_wins, orders
from tests.initsync.sync.test_upsert import Cluster

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
