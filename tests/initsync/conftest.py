"""The loopback AWS, and a cluster, served."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from initsync.testing.apiserver import EmbeddedApiServer
from tests import outputs
from tests.initsync.fake_aws import TEST_DATE, FakeAws


@pytest.fixture(scope="module")
def api() -> Iterator[EmbeddedApiServer]:
    """One a module, empty."""
    with EmbeddedApiServer() as server:
        yield server
        outputs.look_at_events(server)


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    fake = FakeAws()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """The agent of EKS Pod Identity, or of ECS."""
            self.headers["x-amz-target"] = "agent.GetCredentials"
            self.do_POST()

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra, body = fake.answer(
                headers, self.rfile.read(int(headers["content-length"]))
            )
            self.send_response_only(status)
            for name, value in ({"Date": TEST_DATE} | extra).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the suite's output readable."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False  # a kept-alive client connection would hold it up
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        fake.env = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_REGION": "eu-west-1",
        }
        yield fake
        server.shutdown()
        thread.join()
