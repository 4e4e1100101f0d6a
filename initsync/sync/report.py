"""How a sync ended: what of it goes into the Event, the log and the exit code. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from initsync.annotation import policy
from initsync.words import keys
from initsync.words.errors import JasmError
from initsync.words.outcome import Outcome
from initsync.words.wording import bug

SYNCED = "SecretSynced"
"""The Event's reason of what went well; of a failure it is its own."""
STALE = "StaleSecret"
REPLACED = "SecretSourceChanged"
DOUBTFUL = "ExternalSecretDoubtful"
"""The provider gave the secret, and says something of it that somebody should look at."""

EVICTED = "PodEvicted"
"""A sidecar had its pod evicted, so that another starts with the new value."""
TOLD = "AppTold"
"""Or told the app of it."""
OUTDATED = "AppOutdated"
"""Or could not, and the app goes on with the value of before."""

_REPLACED = (
    ": if another workload of this namespace names the same secretName, they overwrite each "
    "other; give each its own"
)


class Report(NamedTuple):
    """How a run ended, or a part of it, for the Event, the log and the exit code."""

    reason: str
    sentence: str
    exit_code: int = 0
    warning: bool = False
    outcomes: tuple[Outcome, ...] = ()
    """What was done; of what went well there may be several."""
    secret_name: str = ""
    """Whose failure it is, where the annotation asks for more than one Secret."""
    since: float | None = None
    """When it was first so, in epoch seconds; None: just now."""
    times: int = 1
    """How often it was so."""


Reports = tuple[Report, ...]
"""One for all that went well, and one for each Secret that did not; at least one (D31)."""


def exit_code(reports: Reports) -> int:
    """The gravest of them: the order is 1, 2, 3, 4, 5 (D31)."""
    return min((it.exit_code for it in reports if it.exit_code), default=0)


def told(outcome: Outcome) -> Report:
    """The report of what was done."""
    usual = DOUBTFUL if outcome.warning else SYNCED
    reason = STALE if outcome.action == "stale" else REPLACED if outcome.before else usual
    sentence = outcome.sentence + (_REPLACED if outcome.before else "")
    return Report(reason, sentence, 0, reason != SYNCED, (outcome,))


def failed(error: Exception, annotations: Mapping[str, str]) -> Report:
    """The report of a failure; under on-failure `continue` the pod starts all the same."""
    if not isinstance(error, JasmError):
        error = JasmError(bug(error))
    reason, sentence, code = error.reason, str(error), error.exit_code
    if not policy.starts_anyway(annotations):
        return Report(reason, sentence, code, True)
    anyway = f"{sentence}; the pod starts anyway ({keys.ON_FAILURE}: continue)"
    return Report(reason, anyway, 0, True)
