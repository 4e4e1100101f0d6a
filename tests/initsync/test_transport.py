"""One connection, over real sockets: kept alive, bounded in time, clear when it fails."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from initsync.transport import Connection, Network, TransportError

NETWORK = Network({}, lambda: 60.0, lambda _: None)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def no_tls() -> ssl.SSLContext:
    raise AssertionError("plain HTTP needs no TLS")


@contextmanager
def serving(*handlers: Callable[[socket.socket], None]) -> Iterator[str]:
    """A loopback host whose n-th connection is given to the n-th handler."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def work() -> None:
            for handler in handlers:
                with listener.accept()[0] as client:
                    client.settimeout(10)
                    handler(client)

        thread = threading.Thread(target=work)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    def handle(client: socket.socket) -> None:
        for answer in answers:
            assert client.recv(65_536)
            client.sendall(answer)

    return handle


def test_requests_share_one_connection() -> None:
    with serving(answering(OK, OK)) as url:
        connection = Connection(url, no_tls, NETWORK)

        bodies = [connection.request("GET", "/", {}).body for _ in range(2)]
        connection.close()

    assert bodies == [b"hi", b"hi"]


def test_a_connection_that_the_host_ended_is_opened_anew() -> None:
    closed = threading.Event()

    def answer_and_end(client: socket.socket) -> None:
        answering(OK)(client)
        client.shutdown(socket.SHUT_WR)
        closed.set()

    with serving(answer_and_end, answering(OK)) as url:
        connection = Connection(url, no_tls, NETWORK)
        connection.request("GET", "/", {})
        assert closed.wait(10)

        assert connection.request("GET", "/", {}).body == b"hi"
        connection.close()


def test_host_and_path_prefix_come_from_the_url() -> None:
    seen: list[bytes] = []

    def handle(client: socket.socket) -> None:
        seen.append(client.recv(65_536))
        client.sendall(OK)

    with serving(handle) as url:
        connection = Connection(url + "/prefix/", no_tls, NETWORK)
        connection.request("PUT", "/x?y=1", {"a": "b"}, b"body")
        connection.close()

    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"PUT /prefix/x?y=1 HTTP/1.1",
        b"host: " + url.partition("//")[2].encode(),
        b"a: b",
        b"content-length: 4",
    ]
    assert body == b"body"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"", "closed before the answer was whole"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "closed before the answer"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP/1.1"),
    ],
)
def test_half_an_answer_is_no_answer(answer: bytes, sentence: str) -> None:
    with serving(answering(answer)) as url, pytest.raises(TransportError) as caught:
        Connection(url, no_tls, NETWORK).request("GET", "/", {})

    assert sentence in str(caught.value)
    assert url.partition("//")[2] in str(caught.value)


@pytest.mark.parametrize("drip", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_a_silent_or_dripping_host_is_given_its_time_and_no_more(drip: bytes) -> None:
    done = threading.Event()

    def handle(client: socket.socket) -> None:
        client.recv(65_536)
        client.sendall(drip)
        done.wait(10)

    with serving(handle) as url:
        with pytest.raises(TransportError, match=r"no answer within 0\.2 s"):
            Connection(url, no_tls, NETWORK, timeout=0.2).request("GET", "/", {})
        done.set()


def test_a_refused_connection_names_the_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(TransportError, match=f"127.0.0.1:{port}: Connection refused"):
        Connection(f"http://127.0.0.1:{port}", no_tls, NETWORK).request("GET", "/", {})


def test_a_name_that_does_not_resolve_is_told() -> None:
    with pytest.raises(TransportError, match=r"nowhere\.invalid: its name cannot be resolved"):
        Connection("http://nowhere.invalid", no_tls, NETWORK).request("GET", "/", {})


def test_a_host_that_speaks_no_tls_is_told() -> None:
    def handle(client: socket.socket) -> None:
        client.recv(65_536)
        client.sendall(OK)

    with serving(handle) as url, pytest.raises(TransportError, match="TLS failed"):
        Connection(url.replace("http:", "https:"), ssl.create_default_context, NETWORK).request(
            "GET", "/", {}
        )
