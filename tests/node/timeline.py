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
        until(lambda: len(self._times(container)) == 2, f"{container} has ended")
        started, ended = self._times(container)
        return ended - started

    def _times(self, container: str) -> list[float]:
        found = _LINE.findall(self._log.read_text(encoding="utf-8"))
        said = [(moment, json.loads(text)) for moment, _, text in found]
        return [_epoch(moment) for moment, event in said if event["container_id"] == container]


def _epoch(moment: str) -> float:
    whole, _, fraction = moment.partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")
