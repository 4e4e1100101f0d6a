"""What a row of syncs adds up to: what of it is told on the pod, and its figures. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from initsync.sync.report import REPLACED, Report, Reports
from initsync.words.times import timestamp

AGAIN = 3600.0
"""Seconds after which a failure that goes on is told anew: the API server keeps Events an hour."""
ACTIONS = ("created", "updated", "unchanged", "recent", "stale")
_TOLD = ("created", "updated")
_GOES_ON = "; the pod goes on with the Secret as it is"


class Figures(NamedTuple):
    """What /metrics shows; replaced as a whole, so that no thread sees half of a change."""

    syncs: Mapping[str, int]
    """The number of syncs by the outcome's action, or the failure's reason."""
    last_sync: float = 0.0
    """Epoch seconds, as the next; 0: never."""
    last_success: float = 0.0
    duration: float = 0.0
    """Seconds, of the last sync."""
    failing: bool = False
    changes: Mapping[str, int] = {}
    """Tries to bring a new value to the app, by what came of them."""
    outdated: bool = False
    """Whether it was told that the app goes on with the value of before, and it still does."""


class _Streak(NamedTuple):
    """Reports of one reason about one Secret since its last success."""

    first: float
    times: int = 0
    told: float | None = None
    failed: bool = True


_Of = tuple[str, str]
"""A reason, and the Secret's name where the pod has several."""


class Cycles:
    """Counts syncs, and remembers of a failure only what the next Event needs."""

    def __init__(self) -> None:
        self.figures = Figures(dict.fromkeys(ACTIONS, 0))
        self._streaks: dict[_Of, _Streak] = {}  # there are a dozen reasons

    def add(self, reports: Reports, now: float, seconds: float) -> Reports:
        """Count a sync that ended `now` (epoch); what of it is to be told.

        A failure is told when it begins, once a reason, and as long as it lasts once an hour.
        """
        self._forget(reports)
        told = [self._warned(it, now) if it.warning else self._succeeded(it) for it in reports]
        self._count(reports, now, seconds)
        return tuple(report for report in told if report)

    def changed(self, outcome: str) -> None:
        """Count a try to bring a new value to the app."""
        changes = dict(self.figures.changes)
        changes[outcome] = changes.get(outcome, 0) + 1
        self.figures = self.figures._replace(changes=changes)

    def outdated(self, yes: bool) -> None:
        """Whether the app goes on with the value of before, for longer than it should."""
        self.figures = self.figures._replace(outdated=yes)

    def idle(self) -> None:
        """Nothing is asked for any more, so nothing fails."""
        self._streaks.clear()
        self.figures = self.figures._replace(failing=False)

    def _forget(self, reports: Reports) -> None:
        """Forget the failures of Secrets that are no longer asked for, and of those that were
        written anew, from whatever source.
        """
        done = {it.target.secret_name for report in reports for it in report.outcomes}
        asked = done | {report.secret_name for report in reports}
        gone = {name for _, name in self._streaks if name and asked != {""} and name not in asked}
        anew = [report.outcomes for report in reports if report.reason == REPLACED]
        written = {name for of in anew for name in ("", *(it.target.secret_name for it in of))}
        self._streaks = {
            of: streak
            for of, streak in self._streaks.items()
            if of[1] not in gone and not (streak.failed and of[1] in written)
        }

    def _warned(self, report: Report, now: float) -> Report | None:
        of = (report.reason, report.secret_name)
        failed = report.reason != REPLACED
        streak = self._streaks.get(of) or _Streak(now, failed=failed)
        # A clock that was put back tells too often rather than never.
        due = streak.told is None or not 0 <= now - streak.told < AGAIN
        streak = streak._replace(times=streak.times + 1, told=now if due else streak.told)
        self._streaks[of] = streak
        if not due:
            return None
        sentence = report.sentence + ("" if report.outcomes else _GOES_ON)
        return report._replace(
            sentence=sentence, exit_code=0, since=streak.first, times=streak.times
        )

    def _succeeded(self, report: Report) -> Report | None:
        names = {"", *(outcome.target.secret_name for outcome in report.outcomes)}
        ended = [streak for (_, name), streak in self._streaks.items() if name in names]
        self._streaks = {of: it for of, it in self._streaks.items() if of[1] not in names}
        if failures := [streak for streak in ended if streak.failed]:
            since = timestamp(min(streak.first for streak in failures))
            times = sum(streak.times for streak in failures)
            often = "once" if times == 1 else f"{times} times"
            return report._replace(
                sentence=f"{report.sentence}; it had failed {often} since {since}"
            )
        return report if any(it.action in _TOLD for it in report.outcomes) else None

    def _count(self, reports: Reports, now: float, seconds: float) -> None:
        syncs = dict(self.figures.syncs)
        for report in reports:
            for outcome in [it.action for it in report.outcomes] or [report.reason]:
                syncs[outcome] = syncs.get(outcome, 0) + 1
        failing = any(streak.failed for streak in self._streaks.values())
        success = now if not failing else self.figures.last_success
        self.figures = self.figures._replace(
            syncs=syncs, last_sync=now, last_success=success, duration=seconds, failing=failing
        )
