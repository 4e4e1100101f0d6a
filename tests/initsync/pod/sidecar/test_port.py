"""A small port: what it answers, and whom it does not wait for."""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from initsync.pod.sidecar.port import Page, serve


def pages(path: str) -> Page | None:
    if path == "/bug":
        raise RuntimeError("pl4nted")
    return {"/": Page(200, b"hello\n"), "/sick": Page(503, b"because\n")}.get(path)


@pytest.fixture(scope="module")
def port() -> int:
    return serve(0, pages)


@contextlib.contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), 20) as sock:
        yield sock


def asked(port: int, request: bytes) -> bytes:
    with connected(port) as sock:
        sock.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while more := sock.recv(65_536):
                answer += more
        return answer


def get(port: int, path: str, method: str = "GET") -> tuple[bytes, bytes, bytes]:
    """Status line, headers, body."""
    answer = asked(port, f"{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    status, _, headers = head.partition(b"\r\n")
    return status, headers, body


def test_a_page_is_answered_whole_and_the_connection_ends(port: int) -> None:
    status, headers, body = get(port, "/?x=1")

    assert (status, body) == (b"HTTP/1.1 200 OK", b"hello\n")
    assert b"content-length: 6\r\n" in headers
    assert b"connection: close" in headers


def test_head_is_answered_without_the_body(port: int) -> None:
    status, headers, body = get(port, "/", "HEAD")

    assert (status, body) == (b"HTTP/1.1 200 OK", b"")
    assert b"content-length: 6\r\n" in headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sick", b"503 Service Unavailable"),
        ("GET", "/none", b"404 Not Found"),
        ("POST", "/none", b"404 Not Found"),
        ("POST", "/", b"405 Method Not Allowed"),
        ("", "/", b"405 Method Not Allowed"),
    ],
)
def test_everything_else_has_its_status(port: int, method: str, path: str, status: bytes) -> None:
    assert get(port, path, method)[0] == b"HTTP/1.1 " + status


@pytest.mark.parametrize(
    "request_", [b"x\r\n\r\n", b"\r\n\r\n", b"GET / FTP/1\r\n\r\n", b"\xff\r\n\r\n"]
)
def test_what_is_no_request_is_told(port: int, request_: bytes) -> None:
    assert asked(port, request_).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_large_request_is_not_read_to_its_end(port: int) -> None:
    answer = asked(port, b"GET / HTTP/1.1\r\nx: " + b"y" * 9000)

    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_bug_ends_its_connection_only(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(10):
        assert asked(port, b"GET /bug HTTP/1.1\r\n\r\n") == b""

    assert get(port, "/")[2] == b"hello\n"
    assert capfd.readouterr().err == ""


def test_a_client_that_goes_before_it_asked_is_nothing(port: int) -> None:
    for _ in range(10):
        with connected(port) as sock:
            sock.sendall(b"GET")

    assert get(port, "/")[2] == b"hello\n"


def test_clients_that_send_a_byte_now_and_then_are_cut_off(port: int) -> None:
    start = time.monotonic()
    with contextlib.ExitStack() as slow:
        for _ in range(6):
            slow.enter_context(connected(port)).sendall(b"GET / HT")

        assert get(port, "/")[2] == b"hello\n"

    assert time.monotonic() - start < 10


SECOND = 1.0  # what a kubelet gives a probe


def silent(port: int, clients: contextlib.ExitStack, number: int) -> None:
    for _ in range(number):
        clients.enter_context(connected(port))


def test_silent_clients_keep_no_probe_waiting(port: int) -> None:
    """Twenty a second came, each of which had a thread for two seconds; here they come at once."""
    with contextlib.ExitStack() as clients:
        for _ in range(10):
            silent(port, clients, 20)
            start = time.monotonic()

            assert get(port, "/")[2] == b"hello\n"

            assert time.monotonic() - start < SECOND


def test_where_there_are_too_many_the_one_that_came_first_ends(port: int) -> None:
    with contextlib.ExitStack() as clients:
        first = clients.enter_context(connected(port))
        silent(port, clients, 100)

        start = time.monotonic()
        assert first.recv(1) == b""

    assert time.monotonic() - start < SECOND


def test_clients_that_take_no_answer_keep_nobody_waiting(port: int) -> None:
    with contextlib.ExitStack() as clients:
        for _ in range(200):
            clients.enter_context(connected(port)).sendall(b"GET / HTTP/1.1\r\n\r\n" * 300)

        start = time.monotonic()
        assert get(port, "/")[2] == b"hello\n"

    assert time.monotonic() - start < SECOND


def test_a_machine_without_ipv6_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "AF_INET6", 99)

    assert get(serve(0, pages), "/")[2] == b"hello\n"


def test_a_taken_port_is_an_error(port: int) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        serve(port, pages)
