"""CPU time and peak memory of each hostile case, as JSON: each in a fork of its own.

A program and not a fixture: forks of a small process without threads are quick and safe, and
memory that an earlier case has left behind hides nothing.
"""

import contextlib
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable

from initsync import providers
from tests.hostile import cases, generated

TRIES = 3
ENOUGH = 0.02
"""Seconds below which one try tells enough."""
_UNIT = 1 if sys.platform == "darwin" else 1024


def main(kind: str, part: int = 0, of: int = 1) -> None:
    """Print name, seconds and bytes of every case; of one `part`, where there are several."""
    providers.names()  # as the injector does when it starts
    found = generated.BY_KIND.get(kind, lambda: cases.load(kind))()[part::of]
    gc.collect()
    gc.freeze()  # the cases of this process are no part of what one of them costs
    measured = []
    for case in found:
        text = case.text
        seconds, size = cost(lambda text=text: cases.answer(kind, text))  # type: ignore[misc]
        measured.append([f"{case.theme}: {case.name}", seconds, size])
    json.dump(measured, sys.stdout)


def cost(work: Callable[[], object]) -> tuple[float, int]:
    """The fewest CPU seconds of some tries, and the most bytes that the first one added."""
    best, size = _forked(work)
    for _ in range(TRIES - 1):
        if best > ENOUGH:
            best = min(best, _forked(work)[0])
    return best, size


def _forked(work: Callable[[], object]) -> tuple[float, int]:
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        with contextlib.suppress(BaseException), open(write, "w") as file:
            json.dump(_measured(work), file)
        os._exit(0)
    os.close(write)
    with open(read) as file:
        written = file.read()
    os.waitpid(child, 0)
    seconds, size = json.loads(written or "[Infinity, 0]")  # nothing: it died
    return seconds, size


def _measured(work: Callable[[], object]) -> tuple[float, int]:
    before, start = _peak(), time.process_time()
    work()
    return time.process_time() - start, _peak() - before


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
