"""The Secrets of a pod that has more than one: side by side, and each to its end (D31).

A thread for each, at most fifty as the annotation has it: while one waits for the cluster another
asks its provider, and one that backs off keeps nobody waiting. A host is asked one thing at a
time, over one connection (`network.transport`). The identity is asked for at once, so that it is
there when the first Secret has been read: of ten Secrets that is a twentieth of the time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from initsync.sync.report import SYNCED, Report, Reports, failed, told
from initsync.sync.upsert import Load
from initsync.words.model import Target
from initsync.words.outcome import Outcome

_SENTENCES = 900
"""Bytes of an Event's message that the sentences of all Secrets may take; beyond, their names."""


def sync(
    wanted: Sequence[Target],
    synced: Callable[[Target], Outcome],
    annotations: Mapping[str, str],
    load: Load,
) -> Reports:
    """Do what `synced` does for each, and report as D31 has it."""
    found: dict[str, Report] = {}

    def one(target: Target) -> None:
        try:
            found[target.secret_name] = told(synced(target))
        except Exception as error:  # a bug is reported like a failure, by its place only
            found[target.secret_name] = failed(error, annotations)

    early = [threading.Thread(target=it, daemon=True) for it in _identities(wanted, load)]
    threads = [threading.Thread(target=one, args=(target,), daemon=True) for target in wanted]
    for thread in early + threads:
        thread.start()
    for thread in early + threads:
        thread.join()
    return tuple(_reports([(it.secret_name, found[it.secret_name]) for it in wanted]))


def _identities(wanted: Iterable[Target], load: Load) -> Iterator[Callable[[], None]]:
    """One for each provider that has an identity to ask for, unless it may not be needed."""
    entries = (entry for target in wanted for entry in target.entries)
    paths = {it.provider: it.secret_path for it in entries if it.policy.max_age is None}
    for name, path in paths.items():
        if prepare := getattr(load(name), "prepare", None):
            yield partial(_asked, prepare, path)


def _asked(prepare: Callable[[str], None], path: str) -> None:
    with suppress(Exception):  # the first fetch asks again, and tells
        prepare(path)


def _reports(found: Sequence[tuple[str, Report]]) -> Iterator[Report]:
    if good := [report.outcomes[0] for _, report in found if not report.warning]:
        yield Report(SYNCED, _sentence(good), outcomes=tuple(good))
    for name, report in found:
        if report.warning:
            sentence = report.sentence if report.outcomes else f"Secret {name}: {report.sentence}"
            yield report._replace(sentence=sentence, secret_name=name)


def _sentence(outcomes: Sequence[Outcome]) -> str:
    whole = "; ".join(outcome.sentence for outcome in outcomes)
    if len(whole.encode()) <= _SENTENCES:
        return whole
    return "; ".join(_named(outcomes))


def _named(outcomes: Iterable[Outcome]) -> Iterator[str]:
    by_action: dict[str, list[str]] = {}
    for outcome in outcomes:
        by_action.setdefault(outcome.action, []).append(outcome.target.secret_name)
    for action, names in by_action.items():
        yield f"{len(names)} Secrets {action}: {', '.join(names)}"
