"""`initsync list --outdated`, as lines and as JSON: who still has the old value."""

import time
from collections.abc import Sequence

from initsync.cli.cluster import Asked
from initsync.cli.terminal import say, say_json, table
from initsync.inventory.outdated import Outdated
from initsync.words.times import since, since_written, span

_HEAD = ("NAMESPACE", "SECRET", "WRITTEN", "POD", "CONTAINER", "STARTED", "THROUGH", "IT")


def tell(found: Sequence[Outdated], asked: Asked) -> None:
    """Print what was found on standard output; that nothing was found, on standard error."""
    if asked.as_json:
        say_json([it._asdict() for it in found])
        return
    for line in _lines(found, time.time()) if found else ():
        say(line)
    if not found:
        say("every container that runs started after its Secret was last written", err=True)


def _lines(found: Sequence[Outdated], now: float) -> list[str]:
    rows = [
        [
            *(it.namespace, it.secret, span(since_written(it.written, now))),
            f"{it.pod} ({it.owner})" if it.owner else it.pod,
            *(it.container, span(since(it.started, now)), ", ".join(it.through), it.why),
        ]
        for it in found
    ]
    return table([*_HEAD], rows)
