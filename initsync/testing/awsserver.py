"""The process behind `initsync.testing.aws`: moto's server, with every call counted.

`python -m initsync.testing.awsserver ADDRESS PORT_FILE` serves on a port that the OS picks and
writes its number to PORT_FILE. Beside AWS it answers, at paths that no AWS service here has:
GET /_jasm/calls (calls by action) and POST /_jasm/refusals (refuse an action's next calls).
"""

import io
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from initsync.testing.aws import CALLS, REFUSALS

_Start = Callable[..., Any]
_App = Callable[[dict[str, Any], _Start], Iterable[bytes]]


class Counting:
    """WSGI: counts each AWS action, then refuses it if asked to, else passes it on."""

    def __init__(self, app: _App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._refusals: dict[str, dict[str, Any]] = {}

    def __call__(self, environ: dict[str, Any], start: _Start) -> Iterable[bytes]:
        """Answer one request, as WSGI has it."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ["PATH_INFO"] == CALLS:
            return _answer(start, 200, self._calls)
        if environ["PATH_INFO"] == REFUSALS:
            wanted = json.loads(body)
            self._refusals[wanted["action"]] = wanted
            return _answer(start, 200, {})
        environ["wsgi.input"] = io.BytesIO(body)
        if refusal := self._counted(_action(environ, body), body):
            return _refused(environ, start, refusal)
        return self._app(environ, start)

    def _counted(self, action: str, body: bytes) -> dict[str, Any] | None:
        """Count it; what to answer in place of AWS, if anything."""
        with self._lock:
            self._calls[action] += 1
            refusal = self._refusals.get(action)
            if refusal is None or refusal["times"] == 0 or refusal["naming"].encode() not in body:
                return None
            refusal["times"] -= 1
            return refusal


def _action(environ: dict[str, Any], body: bytes) -> str:
    """JSON services name it in a header, STS in the form."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rpartition(".")[2]
    return parse_qs(body.decode(errors="replace")).get("Action", ["unknown"])[0]


def _refused(environ: dict[str, Any], start: _Start, refusal: dict[str, Any]) -> Iterable[bytes]:
    code, message = refusal["code"], refusal["message"]
    if "HTTP_X_AMZ_TARGET" in environ:
        return _answer(start, refusal["status"], {"__type": code, "message": message})
    said = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    error = f"<Error><Type>Sender</Type>{said}</Error>"
    return _send(start, refusal["status"], f"<ErrorResponse>{error}</ErrorResponse>", "text/xml")


def _answer(start: _Start, status: int, body: object) -> Iterable[bytes]:
    return _send(start, status, json.dumps(body), "application/json")


def _send(start: _Start, status: int, text: str, kind: str) -> Iterable[bytes]:
    start(f"{status} Answer", [("content-type", kind), ("content-length", str(len(text.encode())))])
    return [text.encode()]


def main(address: str, port_file: Path) -> None:
    """Serve until the process is ended."""
    app = Counting(DomainDispatcherApplication(create_backend_app))
    server = make_server(address, 0, app, threaded=True, request_handler=MotoRequestHandler)
    partial = port_file.with_suffix(".partial")
    partial.write_text(str(server.server_port), encoding="ascii")
    partial.replace(port_file)  # whoever sees the file sees all of it
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
