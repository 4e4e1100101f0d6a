"""API servers that are late: fresh connections, verified by each caBundle that one may still have.

The load's own connections are kept alive, and a kept one shakes no hands.
"""

import functools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence

from initsync.testing.closing import Closing
from tests.full import FULL

_LOOK = 0.1  # seconds between two looks at what is stored
_PAUSE = 0.02 if FULL else 0.1  # seconds between two rounds of handshakes


class Handshakes(Closing):
    """With each of `replicas` (port on this machine), all the while until the end of the block.

    `stored` gives the caBundles of the entries as they are now; an API server may know of a
    change `lag` seconds late, or at once.
    """

    def __init__(
        self, stored: Callable[[], list[str]], replicas: Sequence[int], lag: float
    ) -> None:
        self._stored, self._replicas, self._lag = stored, replicas, lag
        self._seen = [(time.monotonic(), set(stored()))]
        self._ended = threading.Event()
        self.done = 0
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=work) for work in (self._watch, self._shake)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(30)

    def known(self) -> set[str]:
        """The caBundles that one or another API server may have now."""
        late = time.monotonic() - self._lag
        seen = list(self._seen)
        before = [bundles for moment, bundles in seen if moment <= late]
        since = [bundles for moment, bundles in seen if moment > late]
        return set().union(*before[-1:], *since)

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK):
            self._seen.append((time.monotonic(), set(self._stored())))

    def _shake(self) -> None:
        while not self._ended.wait(_PAUSE):
            for port in self._replicas:
                for bundle in self.known():
                    self._try(port, bundle)

    def _try(self, port: int, bundle: str) -> None:
        try:
            with (
                socket.create_connection(("127.0.0.1", port), 10) as plain,
                _trusting(bundle).wrap_socket(plain, server_hostname="127.0.0.1"),
            ):
                self.done += 1
        except OSError as error:
            self.failures.append(f"replica {self._replicas.index(port)}: {error}")


@functools.cache
def _trusting(bundle: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=bundle)
