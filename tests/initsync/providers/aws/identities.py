"""Who a process is in AWS: as a pod of a role by IRSA, at the loopback STS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from initsync.network.transport import Connection, Network
from initsync.network.trust import trusting
from initsync.providers.aws.credentials import Identity
from tests.initsync.fake_aws import FakeAws

ROLE = "arn:aws:iam::123456789012:role/app"
NETWORK = Network({}, lambda: 60.0, lambda _: None)
NOW = 1_761_300_000.0  # 2025-10-24T10:00:00Z


def token_file(directory: Path) -> Path:
    """The token of a ServiceAccount, as the kubelet writes it."""
    file = directory / "token"
    file.write_text("first.token\n")
    return file


@contextmanager
def identifying(aws: FakeAws, token: Path) -> Iterator[Callable[..., Identity]]:
    """What makes an identity of variables, of those of IRSA where none are given."""
    opened: list[Connection] = []

    def sts() -> Connection:
        if not opened:
            opened.append(Connection(aws.env["AWS_ENDPOINT_URL"], lambda: trusting(None), NETWORK))
        return opened[0]

    def connect(url: str, timeout: float) -> Connection:
        return Connection(url, lambda: trusting(None), NETWORK, timeout)

    def build(env: dict[str, str] | None = None, sdk: bool = False) -> Identity:
        irsa = {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}
        return Identity(irsa if env is None else env, lambda: clock[0], sts, connect, sdk=sdk)

    clock = [NOW]
    build.clock = clock  # type: ignore[attr-defined]  # the tests move it
    yield build
    for connection in opened:
        connection.close()
