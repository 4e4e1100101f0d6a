"""More processes of one injector, for more cores: started together, and ended together."""

import contextlib
import os
import signal
from collections.abc import Callable
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(count: int, work: Callable[[int, int], None]) -> bool:
    """Run `work(number, leash)` in `count` processes until all have ended; whether as asked.

    SIGTERM and SIGINT reach each of them. One that ends by itself ends the others: whoever
    started us starts all anew. `leash` is a file that ends when this process is gone.
    """
    leash, held = os.pipe()
    workers = {_start(number, leash, held, work) for number in range(count)}
    asked = False

    def pass_on(sign: int, _: FrameType | None = None) -> None:
        nonlocal asked
        asked = True
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(worker, sign)

    for sign in _SIGNALS:
        signal.signal(sign, pass_on)
    good = True
    while workers:
        ended, status = os.wait()
        workers.discard(ended)
        good = good and asked and not status
        if not asked:
            pass_on(signal.SIGTERM)
    return good


def _start(number: int, leash: int, held: int, work: Callable[[int, int], None]) -> int:
    if child := os.fork():
        return child
    code = 1
    try:
        os.close(held)
        work(number, leash)
        code = 0
    finally:
        os._exit(code)  # never back into the parent's code
