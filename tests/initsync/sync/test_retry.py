"""Another try where it helps, on a clock of the test's own."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.sync.retry import LONGEST_PAUSE, RETRIES, Retry
from initsync.words.errors import ClusterUnavailable, ProviderUnavailable, SecretNotFound


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def retrying(clock: Clock, uniform: float = 1.0, deadline: float = 1000.0) -> Retry:
    return Retry(lambda: clock.now, clock.sleep, lambda: uniform, 100 + deadline, lambda _: None)


def failing(times: int, error: Callable[[], Exception]) -> Callable[[], str]:
    left = [times]

    def operation() -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise error()
        return "done"

    return operation


def unavailable(retry_after: float | None = None) -> ProviderUnavailable:
    return ProviderUnavailable("vault", "HTTP 503", retry_after)


def test_success_takes_no_time() -> None:
    clock = Clock()

    assert retrying(clock)(lambda: "done") == "done"
    assert clock.slept == []


@pytest.mark.parametrize("error", [unavailable, lambda: ClusterUnavailable("get", "refused")])
def test_a_transient_failure_is_tried_again_with_growing_pauses(
    error: Callable[[], Exception],
) -> None:
    clock = Clock()

    assert retrying(clock)(failing(RETRIES, error)) == "done"
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_after_five_retries_the_last_failure_says_how_long_it_took() -> None:
    clock = Clock()

    with pytest.raises(ProviderUnavailable) as caught:
        retrying(clock)(failing(99, unavailable))

    assert (caught.value.attempts, caught.value.seconds) == (6, 15.5)


def test_a_permanent_failure_is_not_tried_again() -> None:
    clock = Clock()

    with pytest.raises(SecretNotFound):
        retrying(clock)(failing(1, lambda: SecretNotFound("vault", "a")))

    assert clock.slept == []


def test_who_has_no_later_try_retries_refusals_until_the_deadline() -> None:
    clock = Clock()
    retry = Retry(
        lambda: clock.now, clock.sleep, lambda: 1.0, 160.0, lambda _: None, (SecretNotFound,)
    )

    with pytest.raises(SecretNotFound) as caught:
        retry(failing(99, lambda: SecretNotFound("vault", "a")))

    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0]
    assert caught.value.attempts == 8


def test_refusals_do_not_use_up_the_tries_of_a_transient_failure() -> None:
    clock = Clock()
    failures = [SecretNotFound("vault", "a")] * 6 + [unavailable()]
    retry = Retry(
        lambda: clock.now, clock.sleep, lambda: 0.0, 160.0, lambda _: None, (SecretNotFound,)
    )

    def operation() -> str:
        if failures:
            raise failures.pop(0)
        return "done"

    assert retry(operation) == "done"


def test_the_deadline_is_kept_even_by_the_pause() -> None:
    clock = Clock()

    with pytest.raises(ProviderUnavailable) as caught:
        retrying(clock, deadline=2.0)(failing(99, unavailable))

    assert clock.slept == [0.5, 1.0]
    assert caught.value.attempts == 3


def test_the_servers_own_wish_for_patience_is_honoured() -> None:
    clock = Clock()

    assert retrying(clock)(failing(1, lambda: unavailable(7.0))) == "done"
    assert clock.slept == [7.0]


def test_a_wish_beyond_the_deadline_ends_the_tries() -> None:
    with pytest.raises(ProviderUnavailable):
        retrying(Clock(), deadline=5.0)(failing(1, lambda: unavailable(7.0)))


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 40))
def test_pauses_are_spread_over_their_whole_range(uniform: float, attempt: int) -> None:
    pause = retrying(Clock(), uniform).pause(attempt)

    assert 0 <= pause <= LONGEST_PAUSE
    assert pause <= 0.25 * 2.0**attempt


def test_every_pause_is_told() -> None:
    clock, told = Clock(), list[str]()
    retry = Retry(lambda: clock.now, clock.sleep, lambda: 0.5, 1000.0, told.append)

    retry(failing(1, unavailable))

    assert told[0].endswith("trying again in 0.2 s")
    assert "HTTP 503" in told[0]
