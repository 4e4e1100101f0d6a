"""A pod in mode `wait`: the files that its kubelet shows, and time that passes by pausing only."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from initsync.pod import elsewhere

ONE = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"


class Kubelet:
    """A pod's files, and time that passes by pausing only, where each pause may show something."""

    def __init__(self, place: Path, text: str = ONE, **said: str) -> None:
        self.place, self.passed = place, 0.0
        self.steps: list[Callable[[], Any]] = []
        files = {"secret-sync": text, "namespace": "shop", "name": "web", "uid": "1"} | said
        (place / "podinfo").mkdir()
        for name, written in files.items():
            (place / "podinfo" / name).write_text(written, encoding="utf-8")
        self.env = {
            "JASM_PODINFO_DIR": str(place / "podinfo"),
            "JASM_SECRETS_DIR": str(place / "secrets"),
        }
        self.began = os.stat(place / "podinfo").st_mtime
        self.mount("db")

    def mount(self, secret: str, *shown: str) -> None:
        (self.place / "secrets" / secret).mkdir(parents=True, exist_ok=True)
        for name in shown:
            (self.place / "secrets" / secret / name).touch()

    def volume(self, **wish: Any) -> Path:
        """A volume of the pod's own, and what it wants of the Secret."""
        at = self.place / "volume"
        at.mkdir()
        self.env |= {"JASM_WAIT_0": str(at), "JASM_WAIT_0_OF": json.dumps(wish)}
        return at

    def run(self, age: float = 0.0) -> tuple[int, list[str]]:
        """The exit code and the lines of a run that begins so long after the pod."""
        stderr, begun = io.StringIO(), self.began + age

        def sleep(seconds: float) -> None:
            self.passed += seconds
            if self.steps:
                self.steps.pop(0)()

        clock = elsewhere.Clock(lambda: begun + self.passed, lambda: self.passed, sleep)
        return elsewhere.run(self.env, stderr, clock), stderr.getvalue().splitlines()
