"""One connection, over real sockets: kept alive, bounded in time, clear when it fails."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from initsync import __version__
from initsync.network import http1
from initsync.network.transport import Connection, Network, TransportError
from initsync.network.trust import trusting
from initsync.testing import pki
from initsync.words.errors import InvalidSetup

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


def test_a_network_ends_all_its_connections() -> None:
    ended = threading.Event()

    def answer_until_the_end(client: socket.socket) -> None:
        answering(OK)(client)
        assert client.recv(1) == b""
        ended.set()

    network = Network({}, lambda: 60.0, lambda _: None)
    with serving(answer_until_the_end) as url:
        network.direct(url, no_tls).request("GET", "/", {})

        network.close()

        assert ended.wait(10)


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
        b"user-agent: " + http1.AGENT.encode(),
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


def test_the_runs_deadline_cuts_a_request_short() -> None:
    done = threading.Event()
    hurried = Network({}, lambda: -5.0, lambda _: None)

    def handle(client: socket.socket) -> None:
        done.wait(10)

    with serving(handle) as url:
        with pytest.raises(TransportError, match=r"no answer within 2 s"):
            hurried.direct(url, no_tls).request("GET", "/", {})
        done.set()


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "…"])
def test_a_header_that_cannot_be_sent_is_told_and_not_shown(value: str) -> None:
    connection = NETWORK.direct("http://127.0.0.1:1", no_tls)

    with pytest.raises(InvalidSetup, match="check the tokens and keys") as caught:
        connection.request("GET", "/", {"authorization": f"pl4nted{value}"})

    assert "pl4nted" not in str(caught.value)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example"])
def test_a_name_that_cannot_be_one_is_told(host: str) -> None:
    with pytest.raises(TransportError, match="its name"):
        NETWORK.direct(f"http://{host}", no_tls).request("GET", "/", {})


def test_each_request_is_traced_without_headers_and_bodies() -> None:
    lines: list[str] = []

    with serving(answering(OK)) as url:
        network = Network({}, lambda: 60.0, lines.append)
        connection = network.direct(url + "/p", no_tls)
        connection.request("POST", "/x", {"authorization": "pl4nted"}, b"pl4nted")
        connection.close()
    with pytest.raises(TransportError):
        network.direct("http://127.0.0.1:1", no_tls).request("GET", "/y", {})

    assert lines[0].startswith(f"POST {url[7:]}/p/x: 200, 2 bytes, ")
    assert lines[1].startswith("GET 127.0.0.1:1/y: 127.0.0.1:1: Connection refused, ")
    assert "pl4nted" not in "".join(lines)


def by_proxy(proxy: str, url: str) -> Connection:
    login = proxy.replace("http://", "http://me:pl4nted@")
    network = Network({"HTTPS_PROXY": login, "HTTP_PROXY": login}, lambda: 60.0, lambda _: None)
    return network.proxied(url, ssl.create_default_context)


def test_plain_http_goes_to_the_proxy_whole() -> None:
    seen: list[bytes] = []

    def handle(client: socket.socket) -> None:
        seen.append(client.recv(65_536))
        client.sendall(OK)

    with serving(handle) as proxy:
        connection = by_proxy(proxy, "http://aws.test/prefix")
        assert connection.request("GET", "/x", {}).body == b"hi"
        connection.close()

    lines = seen[0].split(b"\r\n")
    assert lines[0] == b"GET http://aws.test/prefix/x HTTP/1.1"
    assert b"host: aws.test" in lines
    assert b"proxy-authorization: Basic bWU6cGw0bnRlZA==" in lines


def test_https_goes_through_a_tunnel(tmp_path: Path) -> None:
    authority = pki.Authority(tmp_path)
    pair = authority.serving("aws", ("aws.test",))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    seen: list[bytes] = []

    def handle(client: socket.socket) -> None:
        seen.append(client.recv(65_536))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(client, server_side=True) as inner:
            seen.append(inner.recv(65_536))
            inner.sendall(OK)

    with serving(handle) as proxy:
        network = Network({"https_proxy": proxy}, lambda: 60.0, lambda _: None)
        trust = ssl.create_default_context(cafile=str(authority.ca))
        connection = network.proxied("https://aws.test", lambda: trust)
        assert connection.request("GET", "/x", {}).body == b"hi"
        connection.close()

    assert f"jasm-init/{__version__}" == http1.AGENT
    agent = f"user-agent: {http1.AGENT}\r\n".encode()
    tunnel = b"CONNECT aws.test:443 HTTP/1.1\r\nhost: aws.test:443\r\n"
    assert seen[0].startswith(tunnel + agent)
    assert seen[1].startswith(b"GET /x HTTP/1.1\r\nhost: aws.test\r\n" + agent)


@pytest.mark.parametrize(
    ("status", "said"), [(403, "status 403"), (407, "it wants a login, http://USER:PASSWORD@")]
)
def test_a_proxy_that_refuses_is_named(status: int, said: str) -> None:
    refusing = answering(b"HTTP/1.1 %d No\r\n\r\n" % status)
    with serving(refusing) as proxy, pytest.raises(TransportError) as caught:
        by_proxy(proxy, "https://aws.test").request("GET", "/", {})

    assert f"aws.test by proxy {proxy[7:]}: the proxy refuses the way there" in str(caught.value)
    assert said in str(caught.value)
    assert "pl4nted" not in str(caught.value)


def test_a_silent_name_server_does_not_outlast_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = threading.Event()

    def resolve(*_: object, **__: object) -> list[object]:
        silent.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with pytest.raises(TransportError, match="no name server answered in time"):
        NETWORK.direct("http://aws.test", no_tls, 0.1).request("GET", "/", {})
    silent.set()


def test_an_address_family_that_this_machine_lacks_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(answering(OK)) as url:
        here = ("127.0.0.1", int(url.rpartition(":")[2]))
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *_, **__: [(9999, 1, 6, "", ("x", 1)), (socket.AF_INET, 1, 6, "", here)],
        )
        connection = NETWORK.direct("http://aws.test", no_tls)

        assert connection.request("GET", "/", {}).body == b"hi"
        connection.close()


def test_a_private_ca_without_key_identifiers_is_trusted_as_told(tmp_path: Path) -> None:
    context = trusting(str(pki.Authority(tmp_path).ca))

    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_what_the_system_trusts_is_checked_as_python_does() -> None:
    assert trusting(None).verify_flags == ssl.create_default_context().verify_flags
