"""What is to be done next about the certificate: a pure function of what is stored.

Nothing else is remembered. So a run may be killed anywhere and the next one goes on; and two may
run at once: each step is one write, which the API server takes only if its object is still as it
was read. A renewal in the safe order of D29:

1. `issue`: the next pair into the Secret, beside the one that is served.
2. `trust`: its CA into the caBundle, beside the old one.
3. `wait`, until every API server has seen that.
4. `serve`: the next pair takes the place of the one that was served.
5. `wait`, until every replica has loaded it.
6. `drop`: the old CA leaves the caBundle.

Whoever reads must read the caBundle before the Secret. Then a run that would drop a CA for not
finding its pair in the Secret read the Secret before that pair was there, and the caBundle before
that: its write comes too late, for `trust` came between.
"""

import datetime
from typing import Literal, NamedTuple

from injector.certs.pair import Facts, Pair, Unusable, examined, in_force

Kind = Literal[
    "install", "issue", "trust", "wait", "serve", "date", "drop", "forget", "own", "done"
]


class State(NamedTuple):
    """What is stored, as far as a step depends on it."""

    trusted: tuple[tuple[str, ...], ...]
    """CA certificates by entry of the webhook configuration, PEM as `pair.authorities` gives it."""
    trusted_since: datetime.datetime
    """When the caBundle was last written, by the API server's clock."""
    current: Pair | None
    """What tls.crt, tls.key and ca.crt hold, good or bad."""
    next: Pair | None
    current_since: datetime.datetime
    """When the Secret was last written, likewise."""
    asked: str = ""
    """The annotation by which a person asks for a renewal."""
    answered: str = ""
    """Its value that was the last to get one."""
    malformed: bool = False
    """An entry's caBundle holds more than certificates: API servers may be unable to read it."""
    owned: bool = True
    """The Secret goes with the Service, as that is now."""


class Rules(NamedTuple):
    """The hosts that the certificate must be for, and how long changes take to reach everybody."""

    hosts: tuple[str, ...]
    """DNS names and IP addresses."""
    trust_seconds: float = 60.0
    """The seconds from a write of the caBundle until the slowest API server knows it."""
    reload_seconds: float = 600.0
    """From a write of the Secret to the slowest replica's serving it: kubelets take up to two
    minutes. Longer costs nothing: of the old CA only its certificate is left."""
    skew_seconds: float = 60.0
    """Between the clocks of API servers: one dates a write, another may tell the time later."""


class Step(NamedTuple):
    """One write, or a wait, or that nothing is to be done."""

    kind: Kind
    why: str
    bundle: tuple[str, ...] = ()
    """The CA certificates that every entry gets, in steps `trust` and `drop`."""
    seconds: float = 0.0
    """The seconds that a `wait` takes."""


class _Found(NamedTuple):
    """A stored pair: `facts` while it can serve, `why` where another one is due."""

    facts: Facts | None
    why: str


def decide(state: State, rules: Rules, now: datetime.datetime) -> Step:
    """The next step at `now`, by the API server's clock: that one judges certificates."""
    current, following = (_judged(pair, rules, now) for pair in (state.current, state.next))
    replacement = following.facts if not following.why else None
    why = current.why or _asked(state)
    if why and not replacement:
        lost = not current.facts and not _in_force(state, "", now)
        return Step("install" if lost else "issue", why)
    needed = [facts.ca for facts in (current.facts, replacement) if facts]
    if _untrusted(state, needed):
        return Step("trust", _distrust(state, replacement), _union(state, needed))
    if replacement:
        return _going_over(state, replacement.ca, rules, now)
    if state.next:
        return Step("forget", following.why)
    assert current.facts, "without one there is a reason for another"  # noqa: S101  # for mypy
    return _settled(state, current.facts, rules, now)


def _judged(pair: Pair | None, rules: Rules, now: datetime.datetime) -> _Found:
    if pair is None:
        return _Found(None, "there is none")
    try:
        facts = examined(pair, now)
    except Unusable as error:
        return _Found(None, str(error))
    if lacking := facts.lacks(rules.hosts):
        return _Found(facts, f"it is not for {', '.join(lacking)}")
    if now >= facts.renewal:
        return _Found(facts, "two thirds of its life are over")
    return _Found(facts, "")


def _asked(state: State) -> str:
    return "a renewal was asked for" if state.asked not in ("", state.answered) else ""


def _going_over(state: State, ca: str, rules: Rules, now: datetime.datetime) -> Step:
    """The next step from the pair that is served to one whose CA every entry trusts."""
    if _in_force(state, ca, now):  # else nobody can be serving anything that is accepted
        if _is_future(state.trusted_since, rules, now):
            return Step("trust", "its caBundle is of the future", _turned(_union(state, [])))
        if (left := _left(state.trusted_since, rules.trust_seconds, rules, now)) > 0:
            return Step("wait", "every API server must know the next CA first", seconds=left)
    return Step("serve", "every API server trusts its CA")


def _settled(state: State, current: Facts, rules: Rules, now: datetime.datetime) -> Step:
    """The next step with one pair, which every entry trusts."""
    if len(_union(state, [current.ca])) > 1:
        if _is_future(state.current_since, rules, now):
            return Step("date", "its Secret is of the future")
        if (left := _left(state.current_since, rules.reload_seconds, rules, now)) > 0:
            return Step("wait", "every replica must serve the new certificate first", seconds=left)
        return Step("drop", "nobody serves with another CA any more", (current.ca,))
    if not state.owned:
        return Step("own", "it goes when that goes")
    return Step("done", f"the certificate is renewed from {current.renewal:%Y-%m-%dT%H:%M:%SZ} on")


def _untrusted(state: State, needed: list[str]) -> bool:
    return state.malformed or any(set(needed) - set(entry) for entry in state.trusted)


def _distrust(state: State, replacement: Facts | None) -> str:
    if state.malformed:
        return "one holds more than certificates"
    return f"not every one trusts the {'next ' if replacement else ''}certificate's CA"


def _union(state: State, needed: list[str]) -> tuple[str, ...]:
    """What any entry trusts, and `needed`, each once."""
    trusted = [ca for entry in state.trusted for ca in entry]
    return tuple(dict.fromkeys([*needed, *trusted]))


def _in_force(state: State, but: str, now: datetime.datetime) -> bool:
    """Whether a CA besides `but` is trusted: a replica may serve by it, even from memory."""
    return any(in_force(ca, now) for ca in _union(state, []) if ca != but)


def _turned(bundle: tuple[str, ...]) -> tuple[str, ...]:
    """The same in another order: only what changes gets a new date."""
    return (*bundle[1:], *bundle[:1])


def _is_future(since: datetime.datetime, rules: Rules, now: datetime.datetime) -> bool:
    """Whether the clock was wrong then, or is now."""
    return (since - now).total_seconds() > rules.skew_seconds


def _left(since: datetime.datetime, seconds: float, rules: Rules, now: datetime.datetime) -> float:
    """The seconds that are left of a wait, by whatever API server's clock."""
    return seconds + rules.skew_seconds - (now - since).total_seconds()
