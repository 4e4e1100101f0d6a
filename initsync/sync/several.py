"""The Secrets of a pod that has more than one: side by side, and each to its end (D31).

A thread for each, at most fifty as the annotation has it: while one waits for the cluster another
asks its provider, and one that backs off keeps nobody waiting. A host is asked one thing at a
time, over one connection (`network.transport`).
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from initsync.sync.report import SYNCED, Report, Reports, failed, told
from initsync.words.model import Target
from initsync.words.outcome import Outcome

_SENTENCES = 900
"""Bytes of an Event's message that the sentences of all Secrets may take; beyond, their names."""


def sync(
    wanted: Sequence[Target],
    synced: Callable[[Target], Outcome],
    annotations: Mapping[str, str],
) -> Reports:
    """Do what `synced` does for each, and report as D31 has it."""
    found: dict[str, Report] = {}

    def one(target: Target) -> None:
        try:
            found[target.secret_name] = told(synced(target))
        except Exception as error:  # a bug is reported like a failure, by its place only
            found[target.secret_name] = failed(error, annotations)

    threads = [threading.Thread(target=one, args=(target,), daemon=True) for target in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tuple(_reports([(it.secret_name, found[it.secret_name]) for it in wanted]))


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
