"""Whatever listens where Vault should, which answers as a test tells it, and who asks it."""

import json
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from initsync.network.transport import Network
from initsync.providers.vault.kv import Provider
from initsync.testing.closing import Closing
from initsync.testing.pki import LOOPBACK, Authority

TOKEN = "s.pl4nted-token"  # of every login
DB = "secret/app/db"
JWT = "pl4nted.jwt.token"
MADE = "2026-11-30T12:00:00.123456789Z"
SECRET = {
    "lease_id": "",
    "data": {"data": {"a": "pl4nted"}, "metadata": {"version": 3, "created_time": MADE}},
}
Asking = Callable[..., Provider]


class StandIn(Closing):
    """Answers a request with the next of its answers (the last one again and again).

    `asked` has the requests: the line, the headers and the body.
    """

    def __init__(
        self, authority: Authority | None = None, hosts: tuple[str, ...] = LOOPBACK
    ) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self._answers: list[tuple[bytes, bool]] = []
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False  # a kept-alive client would hold it up
        if authority:
            pair = authority.serving("stand-in", hosts)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(pair.certificate, pair.key)
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"http{'s' if authority else ''}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def will_log_in(self, **changed: Any) -> None:
        """The next answer is a token."""
        auth = {"client_token": TOKEN, "token_type": "service", "lease_duration": 120} | changed
        self.will(200, {"auth": auth})

    def will(self, status: int, body: Any, *headers: str) -> None:
        """Add an answer: of bytes as they are, of anything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} Answer", f"content-length: {len(raw)}", *headers, "", ""]
        self._answers.append(("\r\n".join(lines).encode() + raw, False))

    def will_say(self, raw: bytes) -> None:
        """Add an answer that is just that, with which the connection ends."""
        self._answers.append((raw, True))

    def lines(self) -> list[str]:
        """The first lines of what was asked."""
        return [line for line, _, _ in self.asked]

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        world = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while line := self.rfile.readline().decode().strip():
                    headers = {}
                    while head := self.rfile.readline().decode().strip():
                        name, _, value = head.partition(": ")
                        headers[name] = value
                    body = self.rfile.read(int(headers.get("content-length", 0)))
                    world.asked.append((line, headers, body))
                    more = len(world._answers) > 1
                    answer, last = world._answers.pop(0) if more else world._answers[0]
                    self.wfile.write(answer)
                    if last:
                        return

        return Handler


@contextmanager
def asking_it(vault: StandIn, directory: Path, trace: list[str]) -> Iterator[Asking]:
    """What makes a provider of a pod that asks the stand-in; variables go before the usual ones."""
    network = Network({}, lambda: 5.0, trace.append)
    token = directory / "token"
    token.write_text(JWT)

    def made(**env: str) -> Provider:
        usual = {"VAULT_ADDR": vault.url, "JASM_VAULT_TOKEN_FILE": str(token)}
        return Provider(usual | {"JASM_VAULT_ROLE": "app"} | env, time.time, network)

    yield made
    network.close()
