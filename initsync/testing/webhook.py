"""The real injector on this machine: `jasm-injector serve` in a process of its own, over TLS."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from initsync.testing.closing import Closing
from initsync.testing.process import Process, StartFailed

IMAGE = "jasm/init:demo"
START_TIMEOUT = 30.0
GRACE = 30.0


class Webhook(Closing):
    """Started when made, with the certificate in `certs`, or one made by `jasm-injector certs`.

    `prefix` comes before the command, `options` after it. Raises StartFailed.
    """

    def __init__(
        self,
        image: str = IMAGE,
        certs: Path | None = None,
        prefix: Sequence[str] = (),
        options: Sequence[str] = (),
    ) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="jasm-webhook-")
        place = Path(self._directory.name)
        if certs is None:
            certs = place / "certs"
            _certificate(certs)
        self.ca_pem = (certs / "ca.crt").read_text(encoding="ascii")
        self._log = place / "injector.log"
        address = ["--host=127.0.0.1", "--port=0"]
        command = [*prefix, *_PROGRAM, "serve", *address, f"--certs={certs}", f"--image={image}"]
        self._process = Process([*command, *options], self._log, _environment())
        try:
            self._process.await_ready(lambda: bool(self.log()), START_TIMEOUT)
        except BaseException:
            self.close()
            raise
        self.url = f"{self.log()[0]['url']}/mutate"

    @property
    def pid(self) -> int:
        """The process ID of the injector."""
        return self._process.pid

    def log(self) -> list[dict[str, str]]:
        """The whole lines that it has logged so far; the first one says where it listens."""
        text = self._log.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def calls(self) -> int:
        """The number of reviews that it has logged so far."""
        return sum("uid" in line for line in self.log())

    def terminate(self) -> None:
        """End it as a kubelet does: SIGTERM, and time to drain."""
        self._process.terminate(GRACE)

    def close(self) -> None:
        """End it and remove its files."""
        self._process.stop()
        self._directory.cleanup()


def _environment() -> dict[str, str]:
    """Ours without JASM settings: the injector must not take them for its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("JASM_")}


_PROGRAM = [sys.executable, "-m", "injector"]


def _certificate(directory: Path) -> None:
    command = [*_PROGRAM, "certs", "--self-signed", str(directory), "--ip", "127.0.0.1"]
    made = subprocess.run(  # noqa: S603  # ours
        command, env=_environment(), capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise StartFailed(f"no certificate for the injector: {made.stderr.strip()}")
