"""A POST to the app, and what is told of its answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from initsync.annotation import onchange
from initsync.network.transport import Network
from initsync.pod.sidecar import post

ASKED = list[str]()


class App(BaseHTTPRequestHandler):
    """Its path is the status that it answers with."""

    def do_POST(self) -> None:
        ASKED.append(self.path)
        self.send_response(int(self.path.rpartition("/")[2]))
        self.send_header("content-length", "13")
        self.end_headers()
        self.wfile.write(b"pl4nted-value")

    def log_message(self, *_: object) -> None:
        """To nobody."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), App) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def network() -> Iterator[Network]:
    """Past whatever proxy the environment has."""
    network = Network({"http_proxy": "http://192.0.2.1:1"}, lambda: 5.0, lambda _: None)
    yield network
    network.close()


@pytest.mark.parametrize(
    ("status", "good"), [(200, True), (202, True), (302, False), (404, False), (500, False)]
)
def test_a_status_below_300_is_good_and_nothing_else_is_told(
    port: int, network: Network, status: int, good: bool
) -> None:
    url = f"http://127.0.0.1:{port}/-/{status}"

    done = post.send(onchange.parse(url), network)

    assert (done.good, done.outcome) == (good, "answered" if good else "failed")
    assert done.said == f"POST {url} was answered with {status}"
    assert ASKED[-1] == f"/-/{status}"


def test_nobody_who_listens_is_told(network: Network) -> None:
    done = post.send(onchange.parse("http://127.0.0.1:1/"), network)

    assert not done.good
    assert "Connection refused" in done.said
