"""Many syncs: what of them is told, and what is counted."""

from hypothesis import given
from hypothesis import strategies as st

from initsync.pod.sidecar.cycles import AGAIN, Cycles
from initsync.sync.report import REPLACED, SYNCED, Report
from initsync.words.model import PodRef, SyncRequest, Target
from initsync.words.outcome import Outcome

TARGET = Target((SyncRequest("mock", "/a", "db", PodRef("shop", "web-1", "u")),))
DENIED = Report("AccessDenied", "denied", 4, True)


def done(action: str) -> Report:
    reason = "StaleSecret" if action == "stale" else SYNCED
    outcome = Outcome(action, TARGET, ("a",))
    return Report(reason, outcome.sentence, 0, action == "stale", (outcome,))


def add(cycles: Cycles, report: Report, now: float = 1.0, seconds: float = 0.1) -> Report | None:
    """What is told of a sync of one Secret."""
    told = cycles.add((report,), now, seconds)
    assert len(told) <= 1
    return told[0] if told else None


def test_only_what_was_written_is_told() -> None:
    cycles = Cycles()

    told = [action for action in ("unchanged", "recent") if add(cycles, done(action))]

    assert told == []
    for action in ("created", "updated"):
        assert add(cycles, done(action)) == done(action)


def test_a_kept_secret_is_a_failure_in_its_own_words() -> None:
    told = add(Cycles(), done("stale"))

    assert told
    assert (told.warning, told.sentence) == (True, done("stale").sentence)


def test_reasons_that_take_turns_are_told_once_each() -> None:
    cycles = Cycles()
    gone = DENIED._replace(reason="NotFound")

    told = [add(cycles, report) for report in (DENIED, gone) * 5]

    assert [report.reason for report in told if report] == ["AccessDenied", "NotFound"]


def test_a_failure_after_a_success_is_a_new_one() -> None:
    cycles = Cycles()
    for now in (1.0, 2.0):
        add(cycles, DENIED, now)
    ended = add(cycles, done("unchanged"), 3.0)

    begun = add(cycles, DENIED, 4.0)

    assert ended
    assert ended.sentence.endswith("; it had failed 2 times since 1970-01-01T00:00:01Z")
    assert (ended.warning, ended.reason) == (False, SYNCED)
    assert begun
    assert (begun.since, begun.times, begun.exit_code) == (4.0, 1, 0)


def test_one_failure_had_failed_once() -> None:
    cycles = Cycles()
    add(cycles, DENIED)

    ended = add(cycles, done("updated"), 2.0)

    assert ended
    assert "it had failed once since" in ended.sentence


def test_a_clock_put_back_does_not_silence_a_failure() -> None:
    cycles = Cycles()
    add(cycles, DENIED, 1_000_000.0)

    assert add(cycles, DENIED, 10.0)


def test_the_figures() -> None:
    cycles = Cycles()
    add(cycles, done("created"), 10.0, 0.5)
    succeeded = cycles.figures
    add(cycles, done("stale"), 20.0, 0.6)
    add(cycles, DENIED, 30.0, 0.7)

    figures = cycles.figures

    assert (succeeded.last_success, succeeded.failing) == (10.0, False)
    assert dict(figures.syncs) == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "recent": 0,
        "stale": 1,
        "AccessDenied": 1,
    }
    assert (figures.last_sync, figures.last_success, figures.duration) == (30.0, 10.0, 0.7)
    assert figures.failing


REPORTS = st.sampled_from(
    [DENIED, DENIED._replace(reason="Other"), *map(done, ("unchanged", "updated", "stale"))]
)


@given(st.lists(st.tuples(REPORTS, st.floats(10, 2000))))
def test_a_reason_is_told_at_most_once_an_hour_until_a_success(
    cycles: list[tuple[Report, float]],
) -> None:
    state, now, last = Cycles(), 0.0, dict[str, float]()
    for report, pause in cycles:
        now += pause
        told = add(state, report, now)
        if not report.warning:
            last.clear()
        elif told:
            assert now - last.get(report.reason, -AGAIN) >= AGAIN
            last[report.reason] = now
        else:
            assert now - last[report.reason] < AGAIN


class TestOfSeveral:
    """Each Secret's failures are its own."""

    @staticmethod
    def well(*names: str, action: str = "unchanged") -> Report:
        outcomes = tuple(Outcome(action, Target((named(it),)), ("a",)) for it in names)
        return Report(SYNCED, "; ".join(it.sentence for it in outcomes), outcomes=outcomes)

    @staticmethod
    def denied(name: str) -> Report:
        return DENIED._replace(secret_name=name, sentence=f"Secret {name}: denied")

    def test_each_failure_is_told_once(self) -> None:
        cycles = Cycles()
        both = (self.well("c"), self.denied("a"), self.denied("b"))

        told = [cycles.add(both, now, 0.1) for now in (1.0, 2.0, 3.0)]

        assert [[it.secret_name for it in reports] for reports in told] == [["a", "b"], [], []]

    def test_a_success_of_one_ends_its_own_failure_only(self) -> None:
        cycles = Cycles()
        cycles.add((self.well("c"), self.denied("a"), self.denied("b")), 1.0, 0.1)

        (told,) = cycles.add((self.well("c", "a"), self.denied("b")), 2.0, 0.1)

        assert told.sentence.endswith("; it had failed once since 1970-01-01T00:00:01Z")
        assert cycles.figures.failing
        (ended,) = cycles.add((self.well("c", "a", "b"),), 3.0, 0.1)
        assert "it had failed 2 times since" in ended.sentence
        assert (cycles.figures.failing, cycles.figures.last_success) == (False, 3.0)

    def test_the_figures_count_secrets_by_outcome(self) -> None:
        cycles = Cycles()

        cycles.add((self.well("c", "d"), self.denied("a"), self.denied("b")), 1.0, 0.1)

        counted = {name: count for name, count in cycles.figures.syncs.items() if count}
        assert counted == {"unchanged": 2, "AccessDenied": 2}

    def test_a_secret_that_is_asked_for_no_more_does_not_fail_any_more(self) -> None:
        cycles = Cycles()
        cycles.add((self.well("a"), self.denied("b")), 1.0, 0.1)

        told = cycles.add((self.well("a", "c"),), 2.0, 0.1)

        assert told == ()
        assert (cycles.figures.failing, cycles.figures.last_success) == (False, 2.0)

    def test_what_keeps_a_sync_from_beginning_ends_no_failure(self) -> None:
        cycles = Cycles()
        cycles.add((self.well("a"), self.denied("b")), 1.0, 0.1)

        cycles.add((Report("InvalidAnnotation", "no YAML", 3, True),), 2.0, 0.1)
        again = cycles.add((self.well("a"), self.denied("b")), 3.0, 0.1)

        assert [it.sentence for it in again] == [
            f"{self.well('a').sentence}; it had failed once since 1970-01-01T00:00:02Z"
        ]

    def test_a_secret_that_two_pods_overwrite_is_told_once_an_hour_and_does_not_fail(self) -> None:
        cycles = Cycles()
        replaced = self.well("a", action="updated")._replace(
            reason=REPLACED, warning=True, secret_name="a"
        )
        cycles.add((self.well("b"), self.denied("a")), 1.0, 0.1)

        told = [cycles.add((self.well("b"), replaced), now, 0.1) for now in (2.0, 3.0, 3700.0)]

        assert [[it.reason for it in reports] for reports in told] == [[REPLACED], [], [REPLACED]]
        assert (told[2][0].times, told[2][0].since) == (3, 2.0)
        assert not told[2][0].sentence.endswith("as it is")
        assert (cycles.figures.failing, cycles.figures.last_success) == (False, 3700.0)


def named(name: str) -> SyncRequest:
    return SyncRequest("mock", "/a", name, PodRef("shop", "web-1", "u"))
