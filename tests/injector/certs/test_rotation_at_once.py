"""Several runs at once, each killed anywhere: no API server ever distrusts what a replica serves.

Hypothesis chooses who goes on, who dies, how much time passes between two requests, and when a
person asks for a renewal. API servers know of a write up to a minute late, replicas up to ten, and
their clocks differ by a minute: each run asks another one.
"""

import datetime
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from injector.certs import issue
from injector.certs.pair import Pair
from injector.certs.rotation import Rules, State, decide
from tests.full import times

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
HOSTS = ("jasm-injector.jasm-system.svc",)
RULES = Rules(HOSTS, trust_seconds=60, reload_seconds=600, skew_seconds=60)
POOL = [issue.issue(HOSTS, NOW, 365) for _ in range(12)]
CA = {pair: pair.ca.decode() for pair in POOL}
CLOCKS = (0.0, 60.0)
"""Of the API server that each run asks, in seconds before the true time."""
RUNS = len(CLOCKS)


class Stored:
    """An object with all its versions and their true times (s), as an API server keeps the last."""

    def __init__(self, **content: Any) -> None:
        self.versions: list[tuple[float, dict[str, Any]]] = [(-10_000.0, content)]
        self._dated = -10_000.0

    @property
    def last(self) -> dict[str, Any]:
        return self.versions[-1][1]

    @property
    def since(self) -> datetime.datetime:
        """As the API server noted it that was asked for the last write of a run."""
        return NOW + datetime.timedelta(seconds=self._dated)

    def write(self, version: int, now: float, clock: float | None, **content: Any) -> None:
        """Taken only over the version that was read. A person has no `clock`: annotations count
        for nothing."""
        if version == len(self.versions):
            self.versions.append((now, self.last | content))
            self._dated = self._dated if clock is None else now + clock

    def seen(self, now: float, lag: float) -> Iterator[dict[str, Any]]:
        """What somebody who is late by less than `lag` may take for the last."""
        ends = [since for since, _ in self.versions[1:]] + [float("inf")]
        for (_, content), end in zip(self.versions, ends, strict=True):
            if end > now - lag:
                yield content


class World:
    """One webhook configuration and one Secret, healthy at the beginning."""

    def __init__(self) -> None:
        self.now = 0.0
        self.issued = 1
        self.webhook = Stored(trusted=(CA[POOL[0]],))
        self.secret = Stored(current=POOL[0], next=None, asked="", answered="")
        self.runs = [self.run(clock) for clock in CLOCKS]

    def go_on(self, run: int) -> None:
        """To that run's next request."""
        next(self.runs[run])

    def kill(self, run: int) -> None:
        """Another one takes its place later."""
        self.runs[run] = self.run(CLOCKS[run])

    def ask(self) -> None:
        """By a person."""
        self.secret.write(len(self.secret.versions), self.now, None, asked=str(self.now))

    def new(self) -> Pair:
        self.issued += 1
        return POOL[self.issued % len(POOL)]

    def run(self, clock: float) -> Iterator[None]:
        """The job's loop, a request at a time, with a pause before each write."""
        while True:
            trusted, version = self.webhook.last["trusted"], len(self.webhook.versions)
            since = self.webhook.since
            yield
            held, secret_version = self.secret.last, len(self.secret.versions)
            found = State(((trusted,) * 3), since, held["current"], held["next"], self.secret.since)
            found = found._replace(asked=held["asked"], answered=held["answered"])
            step = decide(found, RULES, NOW + datetime.timedelta(seconds=self.now + clock))
            yield
            if step.kind in ("trust", "drop"):
                self.webhook.write(version, self.now, clock, trusted=step.bundle)
            elif step.kind == "issue":
                new = {"next": self.new(), "answered": held["asked"]}
                self.secret.write(secret_version, self.now, clock, **new)
            elif step.kind == "serve":
                served = {"current": held["next"], "next": None}
                self.secret.write(secret_version, self.now, clock, **served)

    def check(self) -> None:
        """Whatever any API server trusts, and any replica serves, fits."""
        for known in self.webhook.seen(self.now, RULES.trust_seconds):
            for served in self.secret.seen(self.now, RULES.reload_seconds):
                assert CA[served["current"]] in known["trusted"]


# Who goes on for how many requests, after how many seconds; or "kill", or "ask".
EVENTS = st.tuples(
    st.sampled_from(["go on"] * 8 + ["kill", "ask", "ask"]),
    st.integers(0, RUNS - 1),
    st.sampled_from([1, 1, 2, 3, 6]),
    st.sampled_from([0.0, 0.0, 61.0, 121.0, 661.0]),
)


@settings(max_examples=times("EXAMPLES", full=600, usual=150))
@given(st.lists(EVENTS, max_size=25))
def test_at_no_time_is_a_replica_distrusted(events: list[tuple[str, int, int, float]]) -> None:
    world = World()
    world.ask()
    for what, run, requests, seconds in events:
        world.now += seconds
        if what == "ask":
            world.ask()
        elif what == "kill":
            world.kill(run)
        else:
            for _ in range(requests):
                world.go_on(run)
                world.check()


def test_left_alone_it_comes_to_an_end_with_a_new_certificate() -> None:
    """So the test above sees whole renewals, and not only their beginnings."""
    world = World()
    world.ask()
    for number in range(60):
        world.now += 61.0
        world.go_on(number % RUNS)
        world.check()

    assert world.secret.last["current"] is not POOL[0]
    assert world.webhook.last["trusted"] == (CA[world.secret.last["current"]],)
