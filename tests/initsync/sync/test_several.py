"""Several Secrets: each to its end, whatever becomes of the others, and what is told (D31)."""

import threading
from collections.abc import Callable, Mapping
from functools import partial

import pytest

from initsync.sync import several
from initsync.sync.report import REPLACED, STALE, SYNCED, Report, exit_code, failed, told
from initsync.words import keys
from initsync.words.errors import (
    AccessDenied,
    AnnotationError,
    InvalidSetup,
    JasmError,
    ProviderUnavailable,
    SecretNotFound,
)
from initsync.words.model import PodRef, SyncPolicy, SyncRequest, Target
from initsync.words.outcome import Outcome
from tests.initsync.sync.strangers import Member, Stranger

SECONDS = 10.0


def target(
    name: str,
    provider: str = "vault",
    max_age: float | None = None,
) -> Target:
    return Target(
        (
            SyncRequest(
                provider,
                f"kv/{name}",
                name,
                PodRef("shop", "web-1", "u"),
                SyncPolicy(max_age=max_age),
            ),
        )
    )


def done(name: str, action: str = "created", **said: str) -> Outcome:
    return Outcome(action, target(name), ("a",), **said)


def sync(**each: Callable[[], Outcome]) -> tuple[Report, ...]:
    return synced(each, {})


def synced(
    each: Mapping[str, Callable[[], Outcome]], annotations: Mapping[str, str]
) -> tuple[Report, ...]:
    wanted = [target(name) for name in each]
    return several.sync(wanted, lambda it: each[it.secret_name](), annotations, Stranger)


def fails(error: Exception) -> Callable[[], Outcome]:
    def raising() -> Outcome:
        raise error

    return raising


NOT_THERE = SecretNotFound("vault", "kv/b")


def test_all_that_went_well_is_one_report_in_the_annotations_order() -> None:
    (report,) = sync(c=lambda: done("c"), a=lambda: done("a", "unchanged"), b=lambda: done("b"))

    assert report == Report(
        SYNCED,
        "Secret c created with 1 key from vault kv/c; "
        "Secret a is up to date with 1 key from vault kv/a; "
        "Secret b created with 1 key from vault kv/b",
        outcomes=(done("c"), done("a", "unchanged"), done("b")),
    )


def test_what_fails_keeps_none_of_the_others() -> None:
    good, bad = sync(a=lambda: done("a"), b=fails(NOT_THERE), c=lambda: done("c"))

    assert [it.target.secret_name for it in good.outcomes] == ["a", "c"]
    assert (bad.reason, bad.exit_code, bad.warning) == ("ExternalSecretNotFound", 4, True)
    assert bad.sentence == f"Secret b: {NOT_THERE}"
    assert (bad.secret_name, bad.outcomes) == ("b", ())


def test_one_that_waits_keeps_nobody_waiting() -> None:
    others = threading.Semaphore(0)

    def patient() -> Outcome:
        """Backs off until all the others are done."""
        assert all(others.acquire(timeout=SECONDS) for _ in range(9))
        return done("a", "stale", note="old")

    def quick(name: str) -> Callable[[], Outcome]:
        def work() -> Outcome:
            others.release()
            return done(name)

        return work

    reports = sync(a=patient, **{f"b-{it}": quick(f"b-{it}") for it in range(9)})

    assert [(it.reason, len(it.outcomes)) for it in reports] == [(SYNCED, 9), (STALE, 1)]


def test_fifty_are_in_flight_at_once_at_most_as_the_annotation_has_it() -> None:
    together = threading.Barrier(50, timeout=SECONDS)

    def work() -> Outcome:
        together.wait()
        return done("any")

    (report,) = sync(**{f"s-{number}": work for number in range(50)})

    assert len(report.outcomes) == 50


def prepared(*wanted: Target, fails: bool = False) -> tuple[list[str], tuple[Report, ...]]:
    """Who was asked for an identity, before the cluster answered; and the reports."""
    asked: list[str] = []
    every = threading.Semaphore(0)

    def prepare(path: str) -> None:
        asked.append(path)
        every.release()
        if fails:
            raise NOT_THERE

    def work(it: Target) -> Outcome:
        if it is wanted[0] and it.policy.max_age is None:
            providers = {one.entries[0].provider for one in wanted}
            assert all(every.acquire(timeout=SECONDS) for _ in providers)
        return done(it.secret_name)

    reports = several.sync(wanted, work, {}, lambda name: Member(name, prepare))
    return sorted(asked), reports


@pytest.mark.parametrize("fails", [False, True])
def test_identities_are_asked_for_while_the_cluster_is_one_a_provider(fails: bool) -> None:
    asked, (report,) = prepared(target("a"), target("b"), target("c", "other"), fails=fails)

    assert asked == ["kv/b", "kv/c"]
    assert len(report.outcomes) == 3


def test_what_may_need_no_provider_asks_for_no_identity() -> None:
    asked, (report,) = prepared(target("a", max_age=60.0), target("b", max_age=60.0))

    assert asked == []
    assert len(report.outcomes) == 2


def test_each_that_needs_a_look_has_its_own_report() -> None:
    reports = sync(
        a=fails(NOT_THERE),
        b=lambda: done("b", "stale", note="last written 1m ago"),
        c=lambda: done("c", "updated", before="vault kv/old"),
        d=fails(ProviderUnavailable("vault", "HTTP 503")),
    )

    assert [(it.reason, it.secret_name, it.exit_code) for it in reports] == [
        ("ExternalSecretNotFound", "a", 4),
        (STALE, "b", 0),
        (REPLACED, "c", 0),
        ("ProviderUnavailable", "d", 5),
    ]
    assert all(report.warning for report in reports)
    assert reports[1].sentence.startswith("Secret b was kept as it is with 1 key")


def test_a_bug_is_told_by_its_place_and_keeps_none_of_the_others() -> None:
    good, bad = sync(a=fails(KeyError("pl4nted")), b=lambda: done("b"))

    assert good.outcomes == (done("b"),)
    assert bad.sentence.startswith("Secret a: internal error (KeyError in ")
    assert (bad.exit_code, "pl4nted" in bad.sentence) == (1, False)


def test_continue_lets_the_pod_start_whatever_fails() -> None:
    reports = synced({"a": fails(NOT_THERE), "b": fails(KeyError())}, {keys.ON_FAILURE: "continue"})

    assert exit_code(reports) == 0
    assert all(it.warning and "; the pod starts anyway" in it.sentence for it in reports)


ERRORS: list[tuple[int, Exception]] = [
    (1, KeyError()),
    (2, InvalidSetup("a", "b")),
    (3, AnnotationError("a")),
    (4, AccessDenied("a", "b", "c")),
    (5, ProviderUnavailable("a", "b")),
]


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("second", range(5))
def test_the_exit_code_is_that_of_the_gravest(first: int, second: int) -> None:
    reports = sync(a=fails(ERRORS[first][1]), b=lambda: done("b"), c=fails(ERRORS[second][1]))

    assert exit_code(reports) == min(ERRORS[first][0], ERRORS[second][0])


def test_what_is_kept_or_replaced_is_no_failure() -> None:
    reports = tuple(map(told, (done("a", "stale"), done("b", "updated", before="x"), done("c"))))

    assert exit_code(reports) == 0


def test_one_alone_has_no_name_before_its_sentence() -> None:
    report = failed(NOT_THERE, {})

    assert (report.sentence, report.secret_name) == (str(NOT_THERE), "")
    assert isinstance(NOT_THERE, JasmError)


def test_of_many_the_names_are_told_by_what_was_done() -> None:
    each = {f"secret-{it:02}": partial(done, f"secret-{it:02}") for it in range(20)}
    kept = {f"kept-{it:02}": partial(done, f"kept-{it:02}", "unchanged") for it in range(2)}

    (report,) = sync(**each, **kept)

    created = ", ".join(each)
    assert (
        report.sentence == f"20 Secrets created: {created}; 2 Secrets unchanged: kept-00, kept-01"
    )
