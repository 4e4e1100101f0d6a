"""More processes of one injector, for more cores: started together, and ended together."""

import contextlib
import os
import signal
from collections.abc import Callable
from types import FrameType

Work = Callable[[int, int], None]


def run(count: int, work: Work) -> bool:
    """Run `work(number, leash)` in `count` processes until all have ended; whether as asked.

    Each ends when the file `leash` does: after SIGTERM or SIGINT, after one has ended by itself
    (whoever started us starts all anew), and when this process is gone. A signal would be lost on
    one that has only just been started. A second signal is passed on, to end the drain.
    """
    leash, held = os.pipe()
    workers = {_start(number, leash, held, work) for number in range(count)}
    ends = contextlib.ExitStack()
    ends.callback(os.close, held)
    asked = False

    def end(sign: int, _: FrameType | None) -> None:
        nonlocal asked
        if asked:
            _pass_on(sign, workers)
        asked = True
        ends.close()

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, end)
    good = True
    while workers:
        ended, status = os.wait()
        workers.discard(ended)
        good = good and asked and not status
        ends.close()
    return good


def _pass_on(sign: int, workers: set[int]) -> None:
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(worker, sign)


def _start(number: int, leash: int, held: int, work: Work) -> int:
    if child := os.fork():
        return child
    code = 1
    try:
        os.close(held)
        work(number, leash)
        code = 0
    finally:
        os._exit(code)  # never back into the parent's code
