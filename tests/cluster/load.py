"""Pods created all the while, from several threads, and a balancer in the place of a Service."""

import itertools
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from initsync.testing.closing import Closing
from initsync.testing.server import Answer, ApiServer
from tests.cluster.injector_side import annotated, create, is_injected
from tests.full import FULL
from tests.polling import until

THREADS = 8
PAUSE = 0.0 if FULL else 0.4  # seconds of each thread between two pods
LEAST = 50 if FULL else 20  # pods between two changes: what is proved is proved under load


class Load(Closing):
    """Creates annotated pods (dry run) until the end of the `with` block.

    Each must be `good`, as the API server answers it: injected, or what the test says.
    """

    def __init__(
        self,
        api: ApiServer,
        namespace: str,
        threads: int = THREADS,
        good: Callable[[Answer], bool] = is_injected,
    ) -> None:
        self._api, self._namespace, self._good = api, namespace, good
        self._ended = threading.Event()
        self.created = itertools.count()
        self.injected = 0
        """Pods that were good."""
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._work) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def more(self, least: int = LEAST) -> None:
        """Return when so many more pods were good, or one was not."""
        goal = self.injected + least
        until(lambda: self.injected >= goal or bool(self.failures), f"{least} more pods", 60)

    def close(self) -> None:
        """End, and wait for the answers under way."""
        self._ended.set()
        for thread in self._threads:
            thread.join(30)

    def _work(self) -> None:
        while not self._ended.wait(PAUSE):
            answer = create(self._api, annotated(self._namespace))
            if answer.status == 201 and self._good(answer):
                self.injected += 1
            else:
                self.failures.append(f"{answer.status} {answer.body.get('message')}")


class Balancer(Closing):
    """Gives each new connection to the next of its backends, and leaves the old where they are."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/mutate"
        self._backends: list[tuple[str, int]] = []
        self._turn = itertools.count()
        threading.Thread(target=self._serve, daemon=True).start()

    def add(self, url: str) -> None:
        """Into rotation."""
        self._backends.append(_address(url))

    def remove(self, url: str) -> None:
        """Out of rotation, as an endpoint that is terminating."""
        self._backends.remove(_address(url))

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        backends = list(self._backends)
        address = backends[next(self._turn) % len(backends)]
        with client, suppress(OSError), socket.create_connection(address) as server:
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 443


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # the other side went first
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
