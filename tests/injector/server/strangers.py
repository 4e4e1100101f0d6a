"""What whoever reaches the webhook's port may try: each attack holds on until the stack ends.

Nothing here waits for an answer that need not come, and every number is bounded.
"""

import contextlib
import itertools
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import NamedTuple

POST = b"POST /mutate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
PAGE = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"
ROOM = 4096
"""Bytes that the attacker's kernel takes of answers that it does not read."""
PATIENT = 10.0
"""Seconds for one step of an attack; who is not served by then gives up."""


class Target(NamedTuple):
    """A server on this machine."""

    port: int

    def silent(self, stack: ExitStack) -> socket.socket:
        """TCP alone."""
        connection = stack.enter_context(socket.socket())
        connection.settimeout(PATIENT)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def connect(self, stack: ExitStack) -> ssl.SSLSocket:
        """With TLS, whoever it is."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return stack.enter_context(context.wrap_socket(self.silent(stack)))


Attack = Callable[[Target, ExitStack], None]


def _sent(target: Target, stack: ExitStack, parts: Iterable[bytes], wait: float = PATIENT) -> None:
    """On a connection of its own, as much as the server takes."""
    with contextlib.suppress(OSError):
        connection = target.connect(stack)
        connection.settimeout(wait)
        for part in parts:
            connection.sendall(part)


def trailers(target: Target, stack: ExitStack) -> None:
    """12.8 MB of them on one connection."""
    ends = range(0, 1_610_000, 1000)
    lines = (b"".join(b"%x:\r\n" % (end + each) for each in range(1000)) for end in ends)
    begin = POST + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n"
    _sent(target, stack, itertools.chain([begin], lines))


def small_chunks(target: Target, stack: ExitStack) -> None:
    """Of 2 bytes, on two connections, 14 MB on each."""
    begin = POST + b"transfer-encoding: chunked\r\n\r\n"
    for _ in range(2):
        _sent(target, stack, [begin, *[b"2\r\n  \r\n" * 4096] * 480])


def many_headers(target: Target, stack: ExitStack) -> None:
    """400 heads of 10,000 of them, none of which ends."""
    headers = b"".join(b"%x:y\r\n" % number for number in range(10_000))
    for _ in range(400):
        _sent(target, stack, [POST + headers[:65_000]])


def silence(target: Target, stack: ExitStack) -> None:
    """5,000 connections that never say hello."""
    with contextlib.suppress(OSError):
        for _ in range(5000):
            target.silent(stack)


def half_hellos(target: Target, stack: ExitStack) -> None:
    """1,000 handshakes that are begun with the largest hello, of 128 KiB, and not ended."""
    begin = b"\x16\x03\x01\x40\x00\x01\x02\x00\x00\x03\x03"
    hello = begin + b"x" * (0x4000 - 6) + (b"\x16\x03\x01\x40\x00" + b"x" * 0x4000) * 6
    for _ in range(1000):
        with contextlib.suppress(OSError):
            target.silent(stack).sendall(hello)


def announced(target: Target, stack: ExitStack) -> None:
    """600 bodies of 7 MiB, of which the first byte is sent."""
    for _ in range(600):
        _sent(target, stack, [POST + b"content-length: 7340032\r\n\r\n{"])


def large_bodies(target: Target, stack: ExitStack) -> None:
    """30 of 7 MiB, of which all but the last byte is sent."""
    for _ in range(30):
        _sent(target, stack, [POST + b"content-length: 7340032\r\n\r\n", b" " * 7_340_031])


def untaken(target: Target, stack: ExitStack) -> None:
    """200 clients that ask for 40 pages, and take none."""
    for _ in range(200):
        _sent(target, stack, [PAGE] * 40, wait=0.02)


def idle(target: Target, stack: ExitStack) -> None:
    """1,000 connections that have asked once, and ask no more."""
    with contextlib.suppress(OSError):
        for _ in range(1000):
            connection = target.connect(stack)
            connection.sendall(PAGE.replace(b"metrics", b"healthz"))
            connection.recv(ROOM)


ATTACKS: tuple[Attack, ...] = (
    *(trailers, small_chunks, many_headers, silence, half_hellos, announced, large_bodies),
    *(untaken, idle),
)
