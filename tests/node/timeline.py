"""When containers started and ended, by containerd's own events, in fractions of a second."""

import json
import re
from datetime import datetime
from pathlib import Path

from initsync.testing.process import Process
from tests.node import files
from tests.node.waiting import until

_LINE = re.compile(
    r"^(\S+ \S+) \+0000 UTC k8s\.io (/tasks/start|/tasks/exit) (\{.*\})$", re.MULTILINE
)


class Timeline:
    """Runs `ctr events` until it is closed."""

    def __init__(self, ctr: Path, log: Path) -> None:
        self._log = log
        address = f"--address={files.socket()}"
        self._process = Process([str(ctr), address, "--namespace=k8s.io", "events"], log)

    def close(self) -> None:
        """End it."""
        self._process.stop()

    def seconds(self, container: str) -> float:
        """From the start to the exit of a container's process, once it has ended."""
        until(lambda: bool(self._seconds(container)), f"{container} has ended")
        return self._seconds(container)[0]

    def between(self, ended: str, started: str) -> float:
        """From the exit of one container's process to the start of another's; both have ended."""
        self.seconds(ended), self.seconds(started)
        log = self._log.read_text(encoding="utf-8")
        return moments(log, started)[0] - moments(log, ended)[1]

    def _seconds(self, container: str) -> list[float]:
        return seconds(self._log.read_text(encoding="utf-8"), container)


def seconds(log: str, container: str) -> list[float]:
    """How long the container's process ran; nothing where it has not ended yet."""
    found = moments(log, container)
    return [found[1] - found[0]] if len(found) == 2 else []


def moments(log: str, container: str) -> list[float]:
    """When the container's process started and, where it has, when it ended."""
    said = [(moment, json.loads(text)) for moment, _, text in _LINE.findall(log)]
    return [_epoch(moment) for moment, event in said if event["container_id"] == container]


def _epoch(moment: str) -> float:
    whole, _, fraction = moment.partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")
