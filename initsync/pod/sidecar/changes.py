"""Another value is brought to the app, by the pod's `on-change` (D40); few sidecars load this.

Another value is one that differs from what the pod was started with, whichever replica wrote it,
and that the provider itself has given since. Time is monotonic: a clock that is put right or wrong
moves nothing.
"""

import os
from collections.abc import Iterable, Mapping

from initsync.annotation import onchange, policy
from initsync.annotation.onchange import Action
from initsync.pod import once, podinfo
from initsync.pod.once import Reported, Synced
from initsync.pod.sidecar import shown
from initsync.pod.sidecar.contents import FILE, KEY, Content, Contents, Watched, origin
from initsync.pod.sidecar.cycles import Cycles
from initsync.pod.sidecar.loop import Clock
from initsync.pod.sidecar.step import Step
from initsync.sync.log import Log
from initsync.sync.report import EVICTED, OUTDATED, TOLD, Report
from initsync.sync.upsert import Secrets
from initsync.words import keys
from initsync.words.errors import JasmError
from initsync.words.model import JsonObject
from initsync.words.outcome import Outcome
from initsync.words.times import span
from initsync.words.wording import bug

_LOOK = 5.0  # seconds between two looks at the pod's volumes
_TRIES, _AGAIN = 3, 10.0  # of telling the app, and seconds between them
_PATIENCE = 600.0  # seconds of waiting for a budget after which somebody should hear of it


class _Job:
    """One new value on its way to the app."""

    def __init__(self, found: dict[str, Content], now: float, due: float) -> None:
        self.found, self.since, self.due = found, now, due
        self.tries = 0
        self.begun = False
        """The app may have heard of it, so it counts as told whatever comes of it."""
        self.warned = False


class Changes:
    """Sees that the pod's Secrets hold another value, and has the app get it.

    `clock` is the loop's; `cycles` counts each try by its outcome. Raises InvalidSetup.
    """

    def __init__(self, env: Mapping[str, str], log: Log, clock: Clock, cycles: Cycles) -> None:
        self._env, self._log, self._clock, self._cycles = env, log, clock, cycles
        directory = env.get("JASM_HANDOVER_DIR")
        uid = podinfo.read_pod(once.directory(env)).uid
        path = os.path.join(directory, FILE) if directory else ""
        self._contents = Contents(path, uid, os.urandom(KEY))
        self._seen: dict[str, dict[str, str]] = {}
        self._action = Action("")
        self._window = 0.0
        self._doubtful = False
        self._job: _Job | None = None

    def asked(self, annotations: Mapping[str, str]) -> Mapping[str, str]:
        """What to sync by, where the annotations say `on-change`.

        Where a Secret that was taken unasked has another value, the provider is asked the next
        time: it alone says that there is one. Raises AnnotationError for what the pod cannot do.
        """
        chosen = policy.parse(annotations)
        action = onchange.parse(chosen.on_change)
        if action.kind == onchange.EVICT and self._env.get("JASM_CONTROLLED") != "true":
            raise onchange.refused(f"{onchange.NO_CONTROLLER} (JASM_CONTROLLED is not true)")
        if action.kind == onchange.SIGNAL and os.getpid() == 1:
            raise onchange.refused(onchange.NOT_SHARED)
        another = action.kind != self._action.kind
        self._action, self._window = action, chosen.change_window
        if self._job and another:
            self._job = self._new_job(self._job.found)
        left_out = keys.MAX_AGE if self._doubtful else ""
        return {name: text for name, text in annotations.items() if name != left_out}

    def watched(self, cluster: Secrets) -> Secrets:
        """The cluster for a sync whose outcomes are then noted."""
        self._seen = {}
        return Watched(cluster, self._see)

    def _see(self, stored: JsonObject) -> None:
        self._seen[stored["metadata"]["name"]] = self._contents.marks(stored)

    def note(self, outcomes: Iterable[Outcome], *, starts: bool = False) -> None:
        """What a sync did; `starts`: the app starts with that. Raises InvalidSetup."""
        first, other, same = dict[str, Content](), dict[str, Content](), list[str]()
        self._doubtful = False
        for outcome in outcomes:
            name = outcome.target.secret_name
            found = Content(origin(outcome.target), self._seen[name])
            known = None if starts else self._contents.get(name)
            if known is None or known.origin != found.origin:
                first[name] = found
            elif known.marks == found.marks:
                same.append(name)
            elif outcome.action == "recent":
                self._doubtful = True
            elif outcome.action != "stale":
                other[name] = found
        if first:
            self._contents.put(first)
        self._plan(other, [*first, *same])

    def _plan(self, other: dict[str, Content], settled: Iterable[str]) -> None:
        """`settled`: those of which nothing has to be told, such as where the old value is back."""
        job = self._job
        if job and not job.begun:
            job.found = {name: it for name, it in job.found.items() if name not in settled} | other
            self._job = job if job.found else None
            if not self._job:  # the app has what the Secret holds again
                self._cycles.outdated(False)
        elif other:
            self._job = self._new_job(other)

    def _new_job(self, found: dict[str, Content]) -> _Job:
        now = self._clock.monotonic()
        evicts = self._action.kind == onchange.EVICT
        return _Job(found, now, now + (self._clock.uniform() * self._window if evicts else 0))

    def stop(self) -> None:
        """The annotation was taken away."""
        self._job = None
        self._cycles.outdated(False)

    @property
    def due(self) -> float:
        """When there is something to do, on the monotonic clock; infinite: nothing."""
        return self._job.due if self._job else float("inf")

    def step(self) -> None:
        """Do what is due, once; what fails is tried again, or told."""
        job = self._job
        if job is None or self._clock.monotonic() < job.due:
            return
        try:
            place = once.opened(self._env, self._log)
        except JasmError as error:
            job.due = self._clock.monotonic() + _AGAIN
            self._log.debug(str(error))
            return
        try:
            if not self._is_hidden(job, place):
                self._came(job, self._tried(job, place), place)
        except Exception as error:  # the syncs go on, whatever it is
            said = str(error) if isinstance(error, JasmError) else bug(error)
            self._came(job, Step("failed", said, pause=_PATIENCE), place)
        finally:
            place.network.close()

    def _is_hidden(self, job: _Job, place: Reported) -> bool:
        """Whether the app could not read the new value yet. What may not be read here counts as
        shown when the kubelet's time is over."""
        if self._action.kind == onchange.EVICT or job.begun:
            return False
        seen = shown.shows(self._env, job.found, self._contents.mark)
        now = self._clock.monotonic()
        if seen or (seen is None and now - job.since >= shown.LONGEST):
            return False
        job.due = now + _LOOK
        if now - job.since >= shown.LONGEST:
            said = f"the kubelet has not shown it within {span(shown.LONGEST)}, so nothing was sent"
            self._came(job, Step("unseen", said), place)
        return True

    def _tried(self, job: _Job, place: Reported) -> Step:
        job.tries += 1
        if self._action.kind == onchange.EVICT:
            from initsync.pod.sidecar import evict

            return evict.ask(place, job.tries - 1, self._clock.uniform())
        if not job.begun:
            self._contents.put(job.found)  # first: never twice, however the process ends
            job.begun = True
        done = self._told(place)
        return done if done.good or job.tries == _TRIES else done._replace(pause=_AGAIN)

    def _told(self, place: Reported) -> Step:
        if self._action.kind == onchange.SIGNAL:
            from initsync.pod.sidecar import signals

            return signals.send(self._action)
        from initsync.pod.sidecar import post

        return post.send(self._action, place.network)

    def _came(self, job: _Job, step: Step, place: Reported) -> None:
        self._cycles.changed(step.outcome)
        now = self._clock.monotonic()
        if step.pause is not None:
            job.due = now + step.pause
            patient = self._action.kind != onchange.EVICT or step.outcome in _PASSING
            if job.warned or (patient and now - job.since < _PATIENCE):
                self._log.debug(step.said)
                return
            job.warned = True
        else:
            self._contents.put(job.found)
            self._job = None
        if step.outcome != "gone":
            self._cycles.outdated(not step.good)
            once.tell(self._env, Synced((self._report(job, step),), place), self._log)

    def _report(self, job: _Job, step: Step) -> Report:
        names = ", ".join(job.found)
        what = f"Secret{'s' if len(job.found) > 1 else ''} {names} changed"
        if step.good:
            reason = EVICTED if self._action.kind == onchange.EVICT else TOLD
            return Report(reason, f"{what}: {step.said}")
        again = "; it is tried again" if step.pause is not None else ""
        sentence = f"{what}, and the app goes on with the value of before: {step.said}{again}"
        return Report(OUTDATED, sentence, warning=True)


_PASSING = ("budget", "unavailable")
"""The outcomes after which an eviction comes by itself, in the end."""
