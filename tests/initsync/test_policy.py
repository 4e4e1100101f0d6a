"""What a pod says about failures and ages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync import keys, policy
from initsync.errors import AnnotationError
from initsync.policy import Policy, span, starts_anyway


def test_without_annotations_the_pod_waits_and_a_stale_secret_will_do() -> None:
    found = policy.parse({})

    assert found == Policy("block", None, None)
    assert (found.keeps_stale, starts_anyway({})) == (True, False)


@pytest.mark.parametrize(
    ("on_failure", "keeps_stale", "anyway"),
    [("block", True, False), ("strict", False, False), ("continue", True, True)],
)
def test_on_failure(on_failure: str, keeps_stale: bool, anyway: bool) -> None:
    annotations = {keys.ON_FAILURE: on_failure}

    assert policy.parse(annotations).keeps_stale == keeps_stale
    assert starts_anyway(annotations) == anyway


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("1h30m", 5400), ("7d", 604_800), ("0s", 0), ("1m1m", 120)],
)
@pytest.mark.parametrize("name", [keys.MAX_AGE, keys.MAX_STALE])
def test_durations(name: str, text: str, seconds: float) -> None:
    found = policy.parse({name: text})

    assert (found.max_age if name == keys.MAX_AGE else found.max_stale) == seconds


@pytest.mark.parametrize(
    "text", ["5", "m", "-5m", "5 m", "1.5h", "5M", "٥m", "5m\n", "9" * 99 + "d"]
)
@pytest.mark.parametrize("name", [keys.MAX_AGE, keys.MAX_STALE])
def test_anything_else_names_annotation_value_and_rule(name: str, text: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        policy.parse({name: text})

    assert str(caught.value).startswith(f"annotation {name}: is {text[:9]!a}"[:-1])
    assert "such as 90s, 5m or 1h30m" in str(caught.value)


def test_an_unknown_policy_names_the_known_ones() -> None:
    said = "on-failure: is 'ignore', but must be one of: block, strict, continue"
    with pytest.raises(AnnotationError, match=said):
        policy.parse({keys.ON_FAILURE: "ignore"})


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
