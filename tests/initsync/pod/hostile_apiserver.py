"""An API server that gives the answers of a test, and Secrets that somebody filled for it."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from initsync.testing.pki import Authority
from initsync.words import keys
from initsync.words.model import JsonObject


def a_secret(data: dict[str, str], owned: bool = True, note: str = "") -> JsonObject:
    """As the API server gives it, where somebody wrote that over one of JASM's."""
    fields: JsonObject = {"f:data": {f"f:{key}": {} for key in data}}
    return {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {
            "name": "db",
            "namespace": "shop",
            "uid": "u",
            "resourceVersion": "7",
            "labels": {keys.MANAGED_BY: keys.MANAGED_BY_DEFAULT},
            "annotations": {"note": note},
            "managedFields": [{"manager": "x}]},", "fieldsV1": fields}] if owned else [],
        },
        "data": data,
        "type": "Opaque",
    }


FILLED = {
    "one key": a_secret({"junk": "A" * 1_398_000}),
    "66,000 keys": a_secret({f"{number:x}": "" for number in range(66_000)}),
    "130,000 keys of nobody": a_secret({f"{number:x}": "" for number in range(130_000)}, False),
    "a note of 1.5 MB, with escapes": a_secret({"junk": "A" * 1_398_000}, note="\0" * 262_000),
    "a note that makes four bytes of all": a_secret(
        {"junk": "A" * 1_398_000}, note="\0" * 262_000 + "😀"
    ),
}


class ApiServer:
    """Answers a GET, and a PATCH, with what the test says, and everything else with `{}`."""

    def __init__(self, directory: Path) -> None:
        self.answers = {"GET": b"{}", "PATCH": json.dumps(a_secret({})).encode()}
        self.patches: list[tuple[str, bytes]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.command == "PATCH":
                    server.patches.append((self.headers["content-type"], body))
                answer = server.answers.get(self.command, b"{}")
                self.send_response_only(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PATCH = _do

            def log_message(self, *_: object) -> None:
                """Keep the suite's output readable."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who hangs up
        authority = Authority(directory)
        self.ca = authority.pem
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*authority.serving("api"))
        listening = self._server.socket
        self._server.socket = context.wrap_socket(
            listening, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_port

    @contextmanager
    def serving(self) -> Iterator["ApiServer"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        yield self
        self._server.shutdown()
        thread.join()
        self._server.server_close()
