"""`jasm-init` in a pod that runs: syncs first, then again and again (D14).

| variable | meaning |
|---|---|
| JASM_MODE | `sidecar`: this module instead of one sync |
| JASM_HANDOVER_DIR | where the file `ready` tells the startup probe that the first sync is done |
| JASM_METRICS_PORT | where to serve /metrics and /healthz; none by default |

A failing cycle keeps the Secret and never ends the process; only the first sync, for which the
pod's start waits, may.
"""

import gc
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from initsync.annotation import policy
from initsync.pod import once, podinfo, readyfile
from initsync.pod.once import Synced
from initsync.pod.sidecar.cycles import Cycles
from initsync.sync import settings
from initsync.sync.kept import Kept
from initsync.sync.log import Log
from initsync.sync.report import Reports, failed
from initsync.words import keys
from initsync.words.errors import AnnotationError, InvalidSetup, JasmError
from initsync.words.model import SyncPolicy

if TYPE_CHECKING:
    from initsync.pod.sidecar.changes import Changes

POLL = 5.0
"""Seconds between two looks at the annotations, which the kubelet shows within a minute.

Each is one readlink, but wakes up a process that rests: 0.13 ms of CPU, 0.23 s an hour at 2 s,
more than twice as much as the syncs at the default interval.
"""
NOTHING_TO_DO = f"the pod has no annotation {keys.ANNOTATION} any more: nothing to do"
_SLACK = 30.0  # seconds beyond interval and timeout before the loop counts as stuck


class Clock(NamedTuple):
    """Time and chance. `now` is epoch seconds, `uniform` in [0, 1)."""

    now: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    uniform: Callable[[], float]


def run(env: Mapping[str, str], log: Log, clock: Clock, interval: float | None = None) -> int:
    """Sync until SIGTERM; the exit code where the first sync fails. `interval`: see `Sidecar`.

    The file `ready` outlives a restart of the container, as the Secret does, and the pod's app
    runs then. Taking it away would make the pod unready, and a first sync that may end the
    process would keep it so: a refresh that fails must not take a working app out of service.
    (Where the kubelet makes the pod's sandbox anew, the app starts with the Secret of before.)
    Raises InvalidSetup.
    """
    served = readyfile.is_there(env)  # first: the startup probe looks for it already
    side = Sidecar(env, log, clock, interval)
    if port := env.get("JASM_METRICS_PORT"):
        from initsync.pod.sidecar import pages  # only where asked for

        if problem := pages.serve(port, lambda: side.cycles.figures, side.stuck):
            told = once.failed(env, problem, {}, log)
            goes_on = tuple(report._replace(exit_code=0) for report in told.reports)
            once.tell(env, told._replace(reports=goes_on), log)
            told.close()
    if not served:
        if code := side.start():
            return code
        readyfile.write(env)
        side.wait()
    while True:
        side.cycle()
        side.wait()


class Sidecar:
    """The loop's steps. `interval` (seconds) goes before the annotation's."""

    def __init__(
        self, env: Mapping[str, str], log: Log, clock: Clock, interval: float | None = None
    ) -> None:
        self.env = env
        self.cycles = Cycles()
        self._kept = Kept()
        self._log = log
        self._clock = clock
        self._chosen = interval
        self._interval = SyncPolicy().refresh_interval if interval is None else interval
        self._begun = clock.monotonic()
        self._version: object = None
        self._idle = False
        self._changes: Changes | None = None

    def start(self) -> int:
        """The sync for which the pod's start waits, told as an init container's; its exit code."""
        synced = self._sync(self._annotations(), starts=True)
        once.hand_over(self.env, synced.outcomes)
        once.tell(self.env, synced, self._log)
        self._count(synced)
        self._tidy(synced)
        return synced.exit_code

    def cycle(self) -> None:
        """A later sync: a failure is told by `cycles`, and the Secret stays as it is."""
        try:
            annotations = self._annotations()
            if policy.starts_anyway(annotations):  # it has started, and none waits for this
                annotations = {**annotations, keys.ON_FAILURE: policy.ON_FAILURE[0]}
            synced = self._synced(annotations)
            if synced and synced.outcomes:
                once.hand_over(self.env, synced.outcomes)
        except Exception as error:  # whatever it is, the next cycle may do better
            synced = Synced((failed(error, {}),))
        if synced is None:
            return
        told = self._count(synced)
        if told:
            once.tell(self.env, synced._replace(reports=told), self._log)
        else:
            self._log.debug("; ".join(report.sentence for report in synced.reports))
        self._tidy(synced)

    def wait(self) -> None:
        """Let the interval pass; less where the annotations change."""
        end = self._clock.monotonic() + pause(self._interval, self._clock.uniform())
        while (left := end - self._clock.monotonic()) > 0:
            self._clock.sleep(min(POLL, left))
            if self._changes:
                self._changes.step()
            if podinfo.version(once.directory(self.env)) != self._version:
                return

    def stuck(self) -> str:
        """Why the loop is not alive; empty where it is. A failing sync is no reason."""
        allowed = 1.1 * self._interval + _timeout(self.env) + _SLACK
        quiet = self._clock.monotonic() - self._begun
        if quiet <= allowed:
            return ""
        return f"the last sync began {quiet:.0f} s ago, and {allowed:.0f} s are allowed"

    def _annotations(self) -> Mapping[str, str]:
        """The pod's annotations of now; the next `wait` sees a change that comes meanwhile."""
        self._begun = self._clock.monotonic()
        directory = once.directory(self.env)
        self._version = podinfo.version(directory)
        found = podinfo.read_annotations(directory)
        if self._chosen is None:
            self._interval = _interval(found, self._interval)
        return found

    def _synced(self, annotations: Mapping[str, str]) -> Synced | None:
        """None where the annotation was taken away: said once, for it may come back."""
        if annotations[keys.ANNOTATION]:
            self._idle = False
            return self._sync(annotations)
        if not self._idle:
            self._log.info(NOTHING_TO_DO)
        self._idle = True
        self.cycles.idle()
        return None

    def _sync(self, annotations: Mapping[str, str], *, starts: bool = False) -> Synced:
        """`starts`: the pod's app starts with what it gives."""
        quiet = not starts
        if not annotations.get(keys.ON_CHANGE):
            if self._changes:
                self._changes.stop()
            return once.sync(self.env, annotations, self._log, quiet=quiet, kept=self._kept)
        try:
            changes = self._changes = self._changes or self._watching()
            asked = changes.asked(annotations)
        except JasmError as error:
            return once.failed(self.env, error, annotations, self._log)
        by, kept = changes.watched, self._kept
        synced = once.sync(self.env, asked, self._log, quiet=quiet, by=by, kept=kept)
        changes.note(synced.outcomes, starts=starts)
        return synced

    def _watching(self) -> "Changes":
        from initsync.pod.sidecar.changes import Changes  # few pods ask for it

        return Changes(self.env, self._log, self._clock, self.cycles)

    def _count(self, synced: Synced) -> Reports:
        """What of it is to be told, if anything."""
        seconds = self._clock.monotonic() - self._begun
        return self.cycles.add(synced.reports, self._clock.now(), seconds)

    @staticmethod
    def _tidy(synced: Synced) -> None:
        """Values, sockets and TLS contexts go now, not after some hundred cycles more."""
        synced.close()
        gc.collect()


def pause(interval: float, uniform: float) -> float:
    """Seconds to wait: pods that started together do not ask together for ever."""
    return interval * (0.9 + 0.2 * uniform)


def _interval(annotations: Mapping[str, str], before: float) -> float:
    """The annotations' own; as before where they are invalid, which the sync itself tells."""
    try:
        return policy.parse(annotations).refresh_interval
    except AnnotationError:
        return before


def _timeout(env: Mapping[str, str]) -> float:
    try:
        return settings.from_env(env).timeout
    except InvalidSetup:  # each sync tells it
        return settings.SyncSettings().timeout
