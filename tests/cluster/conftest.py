"""The two API servers: embedded, and real (etcd and kube-apiserver on this machine)."""

import os
import sys
import uuid
from collections.abc import Iterator

import pytest

from initsync.testing.apiserver import EmbeddedApiServer
from initsync.testing.controlplane import ControlPlane, MissingToolchain, find_or_build
from initsync.testing.controlplane.progress import Progress
from initsync.testing.server import ApiServer


@pytest.fixture(scope="session")
def real_api() -> Iterator[ControlPlane]:
    """The real control plane, one a test process. CLUSTER=skip leaves its tests out."""
    if os.environ.get("CLUSTER") == "skip":
        pytest.skip("CLUSTER=skip: nothing is asked of a real API server")
    try:
        # Straight to the terminal: minutes of building must not look like a hanging test.
        binaries = find_or_build(os.environ, Progress(sys.__stderr__ or sys.stderr))
    except MissingToolchain as error:
        sentence = f"{error}; or leave these tests out with CLUSTER=skip"
        raise pytest.fail.Exception(sentence, pytrace=False) from None
    with ControlPlane(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def embedded_api() -> Iterator[EmbeddedApiServer]:
    """The embedded API, one a test process."""
    with EmbeddedApiServer() as server:
        yield server


@pytest.fixture(params=["embedded", "real"])
def api(request: pytest.FixtureRequest) -> ApiServer:
    """Each of them."""
    server: ApiServer = request.getfixturevalue(f"{request.param}_api")
    return server


@pytest.fixture
def namespace(api: ApiServer) -> str:
    """A namespace of the test's own."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(name)
    return name
