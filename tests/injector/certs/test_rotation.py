"""What is done next, by what is stored. A table of the steps, and the ways out of bad states."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.certs import issue
from injector.certs.pair import Pair
from injector.certs.rotation import Rules, State, Step, decide

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
DAY, SECOND = datetime.timedelta(days=1), datetime.timedelta(seconds=1)
HOSTS = ("jasm-injector.jasm-system.svc",)
RULES = Rules(HOSTS, trust_seconds=60, reload_seconds=600, skew_seconds=60)
OLD, NEW, THIRD = (issue.issue(HOSTS, NOW, 90) for _ in range(3))
EXPIRED = issue.issue(HOSTS, NOW - 91 * DAY, 90)
DUE = issue.issue(HOSTS, NOW - 61 * DAY, 90)
ELSEWHERE = issue.issue(["other.jasm-system.svc"], NOW, 90)
MISMATCHED = Pair(OLD.ca, OLD.certificate, NEW.key)
LONG_AGO = NOW - DAY


def ca(pair: Pair) -> str:
    return pair.ca.decode()


def trusting(*pairs: Pair) -> tuple[tuple[str, ...], ...]:
    """All three entries trust the CAs of these."""
    return (tuple(map(ca, pairs)),) * 3


def state(
    current: Pair | None,
    following: Pair | None = None,
    trusted: tuple[tuple[str, ...], ...] = trusting(),
    **more: object,
) -> State:
    known = State(trusted, LONG_AGO, current, following, LONG_AGO)
    return known._replace(**more)  # type: ignore[arg-type]  # the tests' own values


def step(found: State, now: datetime.datetime = NOW) -> Step:
    return decide(found, RULES, now)


TABLE = {
    "nothing is there yet": (state(None), "install"),
    "the caBundle is still empty": (state(OLD), "trust"),
    "one entry lost its caBundle": (state(OLD, None, (*trusting(OLD)[:2], ())), "trust"),
    "an entry holds what API servers cannot read": (
        state(OLD, None, trusting(OLD), malformed=True),
        "trust",
    ),
    "all is well": (state(OLD, None, trusting(OLD)), "done"),
    "two thirds of its life are over": (state(DUE, None, trusting(DUE)), "issue"),
    "it is for another name": (state(ELSEWHERE, None, trusting(ELSEWHERE)), "issue"),
    "a person asks for another": (state(OLD, None, trusting(OLD), asked="now"), "issue"),
    "a person has got another": (
        state(OLD, None, trusting(OLD), asked="now", answered="now"),
        "done",
    ),
    "a person takes that back": (state(OLD, None, trusting(OLD), answered="now"), "done"),
    "the next one is there": (state(DUE, NEW, trusting(DUE)), "trust"),
    "its CA was just written": (
        state(DUE, NEW, trusting(DUE, NEW), trusted_since=NOW - 119 * SECOND),
        "wait",
    ),
    "every API server knows its CA": (
        state(DUE, NEW, trusting(DUE, NEW), trusted_since=NOW - 120 * SECOND),
        "serve",
    ),
    "it was just put in place": (
        state(NEW, None, trusting(NEW, DUE), current_since=NOW - 659 * SECOND),
        "wait",
    ),
    "every replica serves it": (
        state(NEW, None, trusting(NEW, DUE), current_since=NOW - 660 * SECOND),
        "drop",
    ),
    "the old CA is gone": (state(NEW, None, trusting(NEW)), "done"),
    "it would outlive the Service": (state(NEW, None, trusting(NEW), owned=False), "own"),
    "it would, and is to be renewed": (state(DUE, None, trusting(DUE), owned=False), "issue"),
    "the Secret is lost, replicas may serve from memory": (
        state(None, None, trusting(OLD)),
        "issue",
    ),
    "the Secret is damaged, replicas may serve from memory": (
        state(MISMATCHED, None, trusting(OLD)),
        "issue",
    ),
    "and its repair is on its way": (
        state(MISMATCHED, NEW, trusting(OLD, NEW), trusted_since=NOW),
        "wait",
    ),
    "all has expired, nobody can be serving": (
        state(EXPIRED, None, trusting(EXPIRED)),
        "install",
    ),
    "it expired in the midst of its renewal": (
        state(EXPIRED, NEW, trusting(EXPIRED, NEW), trusted_since=NOW),
        "serve",
    ),
    "the next one expired while nothing ran": (state(DUE, EXPIRED, trusting(DUE)), "issue"),
    "the next one is damaged": (state(DUE, MISMATCHED, trusting(DUE)), "issue"),
    "a damaged one lies beside a good one": (state(NEW, MISMATCHED, trusting(NEW)), "forget"),
    "the caBundle is dated in the future": (
        state(DUE, NEW, trusting(DUE, NEW), trusted_since=NOW + DAY),
        "trust",
    ),
    "the Secret is dated in the future": (
        state(NEW, None, trusting(NEW, DUE), current_since=NOW + DAY),
        "date",
    ),
    "a CA of unknown use is dropped in time, too": (state(OLD, None, trusting(OLD, THIRD)), "drop"),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_next_step(case: str) -> None:
    found, kind = TABLE[case]

    assert step(found).kind == kind


def test_the_new_ca_comes_beside_all_that_is_trusted() -> None:
    found = state(DUE, NEW, ((ca(DUE),), (ca(OLD), ca(DUE)), ()))

    assert set(step(found).bundle) == {ca(NEW), ca(OLD), ca(DUE)}


def test_a_bundle_of_the_future_is_written_otherwise() -> None:
    """The API server dates what changes: the same again would stay as it is dated."""
    found = state(DUE, NEW, trusting(DUE, NEW), trusted_since=NOW + DAY)

    assert step(found).bundle == (ca(NEW), ca(DUE))


def test_only_the_ca_that_is_served_by_stays() -> None:
    assert step(state(NEW, None, trusting(DUE, NEW, OLD))).bundle == (ca(NEW),)


def test_nothing_is_dropped_while_the_secret_is_damaged() -> None:
    """A replica may serve by any of them, from memory."""
    found = state(MISMATCHED, NEW, trusting(OLD, THIRD))

    assert set(step(found).bundle) == {ca(NEW), ca(OLD), ca(THIRD)}


def test_it_says_why_and_how_long() -> None:
    found = state(DUE, NEW, trusting(DUE, NEW), trusted_since=NOW - 20 * SECOND)

    assert step(found) == Step("wait", "every API server must know the next CA first", (), 100.0)
    assert step(state(DUE, None, trusting(DUE))).why == "two thirds of its life are over"
    assert step(state(ELSEWHERE, None, trusting(ELSEWHERE))).why == f"it is not for {HOSTS[0]}"
    assert step(state(MISMATCHED, None)).why == "tls.key belongs to another certificate"


PAIRS = st.sampled_from([None, OLD, NEW, EXPIRED, DUE, ELSEWHERE, MISMATCHED])
CAS = st.lists(st.sampled_from([ca(it) for it in (OLD, NEW, THIRD, EXPIRED, DUE)]), unique=True)
MOMENTS = st.integers(-400 * 86_400, 400 * 86_400).map(lambda seconds: NOW + seconds * SECOND)
STATES = st.builds(
    State,
    st.lists(CAS.map(tuple), max_size=3).map(tuple),
    MOMENTS,
    PAIRS,
    PAIRS,
    MOMENTS,
    st.sampled_from(["", "a"]),
    st.sampled_from(["", "a"]),
    st.booleans(),
    st.booleans(),
)


def taken(found: State, next_step: Step, now: datetime.datetime) -> tuple[State, datetime.datetime]:
    """The state after the step, and the time."""
    made = issue.issue(HOSTS, now, 90)
    if next_step.kind == "wait":
        return found, now + next_step.seconds * SECOND
    if next_step.kind in ("trust", "drop"):
        trusted = (next_step.bundle,) * len(found.trusted)
        return found._replace(trusted=trusted, trusted_since=now, malformed=False), now
    if next_step.kind == "own":
        return found._replace(owned=True), now
    found = found._replace(current_since=now)
    if next_step.kind == "install":
        return found._replace(current=made, next=None, answered=found.asked), now
    if next_step.kind == "issue":
        return found._replace(next=made, answered=found.asked), now
    if next_step.kind == "serve":
        return found._replace(current=found.next, next=None), now
    return found._replace(next=None) if next_step.kind == "forget" else found, now


@given(STATES, MOMENTS)
def test_from_any_state_at_any_time_it_ends_well_and_in_few_steps(
    found: State, now: datetime.datetime
) -> None:
    """Two renewals at most: the one that is under way, and one that was asked for meanwhile."""
    began = now
    for _ in range(16):
        next_step = step(found, now)
        if next_step.kind == "done":
            break
        found, now = taken(found, next_step, now)

    longest = 2 * (RULES.trust_seconds + RULES.reload_seconds + 4 * RULES.skew_seconds)
    assert next_step.kind == "done"
    assert found.current
    assert found.owned
    assert all(entry == (ca(found.current),) for entry in found.trusted)
    assert now - began <= longest * SECOND
