"""What a pod says about failures and ages."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from initsync.annotation import policy
from initsync.annotation.policy import starts_anyway
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import SyncPolicy


def test_without_annotations_the_pod_waits_and_a_stale_secret_will_do() -> None:
    found = policy.parse({})

    assert found == SyncPolicy("block", None, None, "init", 300.0)
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
@pytest.mark.parametrize("name", [keys.MAX_AGE, keys.MAX_STALE, keys.REFRESH_INTERVAL])
def test_anything_else_names_annotation_value_and_rule(name: str, text: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        policy.parse({name: text})

    assert str(caught.value).startswith(f"annotation {name}: is {text[:9]!a}"[:-1])
    assert "such as 90s, 5m or 1h30m" in str(caught.value)


def test_an_unknown_policy_names_the_known_ones() -> None:
    said = "on-failure: is 'ignore', but must be one of: block, strict, continue"
    with pytest.raises(AnnotationError, match=said):
        policy.parse({keys.ON_FAILURE: "ignore"})


@pytest.mark.parametrize("mode", ["init", "sidecar"])
def test_modes(mode: str) -> None:
    assert policy.parse({keys.MODE: mode}).mode == mode


@pytest.mark.parametrize("mode", ["Sidecar", "both", "sidecar "])
def test_an_unknown_mode_names_the_known_ones(mode: str) -> None:
    said = f"annotation jasm.codnod.io/mode: is '{mode}', but must be one of: init, sidecar"
    with pytest.raises(AnnotationError, match=said):
        policy.parse({keys.MODE: mode})


@pytest.mark.parametrize(("text", "seconds"), [("", 300), ("10s", 10), ("1h30m", 5400)])
def test_refresh_intervals(text: str, seconds: float) -> None:
    assert policy.parse({keys.REFRESH_INTERVAL: text}).refresh_interval == seconds


@pytest.mark.parametrize("text", ["0s", "9s", "0m"])
def test_a_refresh_interval_has_a_least(text: str) -> None:
    said = f"refresh-interval: is '{text}', but must be at least 10s"
    with pytest.raises(AnnotationError, match=said):
        policy.parse({keys.REFRESH_INTERVAL: text})


PARTS = st.lists(st.tuples(st.integers(0, 999), st.sampled_from("smhd")), min_size=1, max_size=4)


@given(PARTS)
def test_an_interval_is_the_sum_of_its_parts_or_refused(parts: list[tuple[int, str]]) -> None:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    seconds = sum(count * units[unit] for count, unit in parts)
    annotations = {keys.REFRESH_INTERVAL: "".join(f"{count}{unit}" for count, unit in parts)}

    if seconds < 10:
        with pytest.raises(AnnotationError, match="must be at least 10s"):
            policy.parse(annotations)
    else:
        assert policy.parse(annotations).refresh_interval == seconds


@given(st.text())
def test_any_other_text_is_refused_by_name(text: str) -> None:
    assume(not re.fullmatch(r"([0-9]+[smhd])*", text))

    with pytest.raises(AnnotationError, match=f"annotation {keys.REFRESH_INTERVAL}: is "):
        policy.parse({keys.REFRESH_INTERVAL: text})
