"""Times in words, and RFC 3339 both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.words.times import since, span, timestamp


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.9, "59s"), (60, "1m"), (432, "7m 12s"), (7265, "2h 1m"), (-5, "0s")],
)
def test_a_span_is_said_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert span(seconds) == text


@given(st.integers(0, 10**9))
def test_a_span_reads_back_to_within_its_smaller_unit(seconds: int) -> None:
    parts = span(seconds).split()
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

    said = sum(int(part[:-1]) * units[part[-1]] for part in parts)

    smaller = {"s": 1, "m": 1, "h": 60, "d": 3600}[parts[0][-1]]
    assert 0 <= seconds - said < smaller


@given(st.integers(0, 10**10))
def test_a_timestamp_reads_back(moment: int) -> None:
    assert since(timestamp(moment), moment + 5.0) == 5.0


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_of_what_is_no_time_ages_ago(text: str) -> None:
    assert since(text, 0.0) == float("inf")
    assert span(float("inf")) == "?"
