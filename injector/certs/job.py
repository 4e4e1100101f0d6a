"""The certificate job: read what is stored, decide, write once, until nothing is left to do; and
see when somebody undoes it.
"""

import datetime
from collections.abc import Callable
from typing import NamedTuple

from initsync.sync.retry import Retry
from initsync.words.errors import ClusterConflict, ClusterError
from initsync.words.model import JsonObject
from injector.certs import patches, stored
from injector.certs.pair import Pair
from injector.certs.rotation import Rules, State, Step, decide
from injector.certs.store import Store
from injector.certs.stored import Names

_ROUNDS = 60  # a whole renewal takes seven
_LOOK_AGAIN = 2.0  # seconds
_REMIND = 30.0  # seconds
# By the step's kind, what is to be done, and what was; after each comes why.
_SAID = {
    "install": ("write", "wrote", "a certificate to {secret}"),
    "issue": ("write", "wrote", "the next certificate to {secret}, beside the present one"),
    "trust": ("write", "wrote", "{count} to every entry of {webhook}"),
    "serve": ("put", "put", "the next certificate in the present one's place in {secret}"),
    "date": ("write", "wrote", "{secret} anew"),
    "drop": ("write", "wrote", "{count} to every entry of {webhook}"),
    "forget": ("remove", "removed", "the next certificate from {secret}"),
    "own": ("give", "gave", "{secret} to {service}"),
    "wait": ("wait", "waiting", "{seconds:.0f} s"),
    "done": ("nothing to do", "nothing to do", ""),
}


class Surroundings(NamedTuple):
    """What one run of the job works with; times are seconds."""

    retry: Retry
    left: Callable[[], float]
    """The seconds that are left until the run's deadline."""
    sleep: Callable[[float], None]
    tell: Callable[[str, str], None]
    """A line of the log: the step's kind, and the sentence."""
    issue: Callable[[datetime.datetime], Pair]
    """A new pair that begins then."""


class Result(NamedTuple):
    """How one run of the job ended."""

    complete: bool
    """False: something is left to do for the next run."""
    sentence: str
    steps: tuple[str, ...]
    """What was written, by the kinds of the steps."""


class _Read(NamedTuple):
    """What is stored; `service` only where there is a Secret that is to go with it."""

    webhook: JsonObject
    secret: JsonObject | None
    service: JsonObject | None
    state: State


class Job:
    """One run upon the objects of `names`; `dry_run`: up to its first write. Raises JasmError.

    `interval` is of one that stays, and looks every so many seconds: it leaves longer waits to
    its next run. 0: it does not stay.
    """

    def __init__(
        self,
        store: Store,
        names: Names,
        rules: Rules,
        around: Surroundings,
        interval: float = 0,
        *,
        dry_run: bool,
    ) -> None:
        self._store = store
        self._names = names
        self._rules = rules
        self._around = around
        self._interval = interval
        self._dry_run = dry_run
        self._written: list[str] = []
        self._seen = ""

    def run(self) -> Result:
        """Go on until nothing is left to do, or a wait is longer than the time that is left."""
        for _ in range(_ROUNDS):
            if result := self._around.retry(self._round):
                if not self._dry_run:
                    self._follow()
                return result
        problem = f"it is not done after {_ROUNDS} rounds"
        raise ClusterError(
            "renew the certificate", problem, "see the audit log for who else writes"
        )

    def await_change(self, seconds: float) -> None:
        """Return once the webhook configuration is another than `run` left, or after `seconds`.

        Whoever replaces it takes the caBundle away.
        """
        while seconds > 0:
            self._around.sleep(self._interval)
            seconds -= self._interval
            if _version(self._around.retry(self._store.webhook)) != self._seen:
                return

    def _follow(self) -> None:
        """Have the configuration of workloads as that of pods is now. It may fail, and is no
        reason to: API servers ignore what it cannot do."""
        try:
            webhook, beside = self._store.webhook(), self._store.beside()
            if webhook and beside and not stored.follows(beside, webhook):
                self._store.patch_beside(patches.following_patch(beside, webhook))
                said = f"wrote the caBundle of {self._names.webhook_title} to every entry of "
                self._around.tell("follow", f"{said}{self._names.beside_title}")
        except ClusterError as error:
            title = self._names.beside_title
            self._around.tell("follow", f"{title} was left as it is until the next look: {error}")

    def _round(self) -> Result | None:
        """One step. What fails on the way is read anew by the next try: it may have been done."""
        found = self._read()
        step = decide(found.state, self._rules, self._store.now)
        if step.kind == "done" or self._dry_run:
            return self._ended(step, self._sentence(step, to_do=True))
        if step.seconds > (self._interval or self._around.left()):
            rest = self._sentence(step, to_do=True)
            return self._ended(step, f"the rest is for a later run: {rest}")
        if step.kind == "wait":
            self._tell(step)
            self._wait(step.seconds)
        else:
            self._take(step, found)
        return None

    def _read(self) -> _Read:
        webhook = self._awaited(self._store.webhook, self._names.webhook_title)
        self._seen = _version(webhook)
        secret = self._store.secret()  # after the webhook configuration, as `rotation` asks
        service = self._store.service() if secret else None
        found = stored.state(webhook, secret, service, self._names)
        return _Read(webhook, secret, service, found)

    def _awaited(self, read: Callable[[], JsonObject | None], title: str) -> JsonObject:
        """What an installation makes in any order: the job may be earlier."""
        told = False
        while (found := read()) is None:
            if self._dry_run or self._around.left() < _LOOK_AGAIN:
                advice = "install JASM, or name that of your installation"
                raise ClusterError(f"get {title}", "there is none", advice)
            if not told:
                self._around.tell("wait", f"waiting for {title}: there is none yet")
            told = True
            self._around.sleep(_LOOK_AGAIN)
        return found

    def _take(self, step: Step, found: _Read) -> None:
        try:
            self._write(step, found)
        except ClusterConflict:
            self._around.tell("conflict", "somebody else wrote meanwhile: reading again")
        else:
            self._written.append(step.kind)
            self._tell(step)

    def _write(self, step: Step, found: _Read) -> None:
        moment, secret = self._store.now, found.secret
        now = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        if step.kind in ("trust", "drop"):
            self._store.patch_webhook(patches.webhook_patch(found.webhook, step, now))
        elif secret is None:
            owner = self._awaited(self._store.service, self._names.service_title)
            pair = self._around.issue(moment)
            self._store.create_secret(patches.new_secret(pair, step, self._names, owner, now))
        elif step.kind == "own" and found.service:
            self._store.patch_secret(patches.owner_patch(secret, found.service))
        else:
            pair = self._around.issue(moment)
            patch = patches.secret_patch(secret, found.state, step, pair, now)
            self._store.patch_secret(patch)

    def _wait(self, seconds: float) -> None:
        """Tell now and then how long is left."""
        while seconds > 0:
            self._around.sleep(min(seconds, _REMIND))
            seconds -= _REMIND
            if seconds > 0:
                self._around.tell("wait", f"{seconds:.0f} s left to wait")

    def _tell(self, step: Step) -> None:
        self._around.tell(step.kind, self._sentence(step))

    def _ended(self, step: Step, sentence: str) -> Result:
        return Result(step.kind == "done", sentence, tuple(self._written))

    def _sentence(self, step: Step, *, to_do: bool = False) -> str:
        present, past, what = _SAID[step.kind]
        count = len(step.bundle)
        what = what.format(
            secret=self._names.secret_title,
            service=self._names.service_title,
            webhook=self._names.webhook_title,
            count=f"a caBundle of {count} CA certificate{'' if count == 1 else 's'}",
            seconds=step.seconds,
        )
        return f"{f'{present if to_do else past} {what}'.strip()}: {step.why}"


def _version(webhook: JsonObject | None) -> str:
    return str(webhook["metadata"]["resourceVersion"]) if webhook else ""
