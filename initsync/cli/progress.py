"""Long steps told to a person: what runs, and for how long."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_FIRST = 3.0
_EVERY = 15.0


class Progress:
    """Writes lines to `stream`: one after 3 s of a step, then one every 15 s, one at its end."""

    def __init__(self, stream: TextIO, first: float = _FIRST, every: float = _EVERY) -> None:
        self._stream = stream
        self._first = first
        self._every = every

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Tell how long the block takes, if that is long."""
        start = time.monotonic()
        done = threading.Event()
        teller = threading.Thread(target=self._tell, args=(name, start, done), daemon=True)
        teller.start()
        try:
            yield
        finally:
            done.set()
            teller.join()

    def _tell(self, name: str, start: float, done: threading.Event) -> None:
        if done.wait(self._first):
            return
        self._line(f"{name} …")
        while not done.wait(self._every):
            self._line(f"{name}: {time.monotonic() - start:.0f} s so far")
        self._line(f"{name}: took {time.monotonic() - start:.0f} s")

    def _line(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()
