"""What a row of syncs adds up to: what of it is told on the pod, and its figures. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from initsync.sync.run import SYNCED, Report
from initsync.words.times import timestamp

AGAIN = 3600.0
"""Seconds after which a failure that goes on is told anew: the API server keeps Events an hour."""
ACTIONS = ("created", "updated", "unchanged", "recent", "stale")
_TOLD = ("created", "updated")
_GOES_ON = "; the pod goes on with the Secret as it is"


class Figures(NamedTuple):
    """For /metrics; replaced as a whole, so that another thread never sees half of a change."""

    syncs: Mapping[str, int]
    """By the outcome's action, or the failure's reason."""
    last_sync: float = 0.0
    """Epoch seconds, as the next; 0: never."""
    last_success: float = 0.0
    duration: float = 0.0
    """Seconds, of the last sync."""
    failing: bool = False


class _Spell(NamedTuple):
    """Failures of one reason since the last success."""

    first: float
    times: int = 0
    told: float | None = None


class Cycles:
    """Counts syncs, and remembers of a failure only what the next Event needs."""

    def __init__(self) -> None:
        self.figures = Figures(dict.fromkeys(ACTIONS, 0))
        self._spells: dict[str, _Spell] = {}  # by reason; there are a dozen

    def add(self, report: Report, now: float, seconds: float) -> Report | None:
        """Count a sync that ended `now` (epoch); what of it is to be told, or None.

        A failure is told when it begins, once a reason, and as long as it lasts once an hour.
        """
        told = self._failed(report, now) if report.warning else self._succeeded(report)
        self._count(report, now, seconds)
        return told

    def idle(self) -> None:
        """Nothing is asked for any more, so nothing fails."""
        self._spells.clear()
        self.figures = self.figures._replace(failing=False)

    def _failed(self, report: Report, now: float) -> Report | None:
        spell = self._spells.get(report.reason) or _Spell(now)
        # A clock that was put back tells too often rather than never.
        due = spell.told is None or not 0 <= now - spell.told < AGAIN
        spell = _Spell(spell.first, spell.times + 1, now if due else spell.told)
        self._spells[report.reason] = spell
        if not due:
            return None
        sentence = report.sentence + ("" if report.outcome else _GOES_ON)
        return report._replace(sentence=sentence, exit_code=0, since=spell.first, times=spell.times)

    def _succeeded(self, report: Report) -> Report | None:
        if self._spells:
            since = timestamp(min(spell.first for spell in self._spells.values()))
            times = sum(spell.times for spell in self._spells.values())
            often = "once" if times == 1 else f"{times} times"
            self._spells.clear()
            return report._replace(
                sentence=f"{report.sentence}; it had failed {often} since {since}"
            )
        return report if report.outcome and report.outcome.action in _TOLD else None

    def _count(self, report: Report, now: float, seconds: float) -> None:
        outcome = report.outcome.action if report.outcome else report.reason
        syncs = {**self.figures.syncs, outcome: self.figures.syncs.get(outcome, 0) + 1}
        success = now if report.reason == SYNCED else self.figures.last_success
        self.figures = Figures(syncs, now, success, seconds, bool(self._spells))
