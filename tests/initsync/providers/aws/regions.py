"""An AWS of two regions, each of which may be silent or refuse."""

from tests.initsync.fake_aws import FakeAws

NOW = 1_761_300_000.0
STATIC = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted-key"}
FIRST, SECOND = "eu-west-1", "eu-central-1"
OPTION = {"failoverRegion": SECOND}
SECRET = {"SecretString": '{"a": "pl4nted"}', "VersionId": "5f2e"}
NOTE = f"read in {SECOND}, for {FIRST} did not answer"


class Regions(FakeAws):
    """An AWS of which each region has answers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.down: set[str] = set()
        """Regions that answer nothing but 503."""
        self.refusing: dict[str, tuple[int, dict[str, str], bytes]] = {}

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        status, more, found = super().answer(headers, body)
        where = region(headers)
        if where in self.down:
            return 503, {}, b"pl4nted"
        return self.refusing.get(where, (status, more, found))


def region(headers: dict[str, str]) -> str:
    """The one that a signature names; of a request without, STS's of the host's."""
    return headers["authorization"].split("/")[2] if "authorization" in headers else ""


def with_regions(aws: FakeAws) -> FakeAws:
    """The loopback AWS with regions in it."""
    aws.__class__ = Regions
    aws.down, aws.refusing = set(), {}  # type: ignore[attr-defined]
    aws.will("GetSecretValue", 200, SECRET)
    return aws


def asked(aws: FakeAws) -> list[str]:
    """The regions of all requests, in their order."""
    return [region(headers) for _, headers, _ in aws.asked]
