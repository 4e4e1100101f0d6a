"""The story's lines: what was done, how long it took, and what came of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import yaml

from initsync.words.model import JsonObject


class Screen:
    """Writes to `stream`; `now` is monotonic seconds."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._now = now
        self._step = 0

    def line(self, text: str = "") -> None:
        """Print one line, at once."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A numbered heading, and the time that its block took."""
        self._step += 1
        self.line(f"\n{self._step}. {title}")
        start = self._now()
        yield
        self.line(f"   [{self._now() - start:.2f} s]")

    def said(self, text: str) -> None:
        """Show what a program printed."""
        for line in text.splitlines():
            self.line(f"   | {line}")

    def shown(self, title: str, found: JsonObject) -> None:
        """Show an object as YAML."""
        self.line(f"   {title}:")
        text = yaml.safe_dump(found, sort_keys=False, width=100, default_flow_style=None)
        for line in text.splitlines():
            self.line(f"     {line}")

    def event(self, event: JsonObject) -> None:
        """An Event as `kubectl describe pod` has it."""
        source = event["source"]["component"]
        self.line(f"   Event {event['type']} {event['reason']} from {source}:")
        self.line(f"     {event['message']}")
