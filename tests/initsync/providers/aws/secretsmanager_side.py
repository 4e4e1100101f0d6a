"""A provider of Secrets Manager that asks the loopback AWS, and what that answers."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from initsync.network.transport import Network
from initsync.providers.aws.secretsmanager import Provider
from initsync.words.model import PodRef, SyncRequest
from tests.initsync.fake_aws import FakeAws

NETWORK = Network({}, lambda: 60.0, lambda _: None)
NOW = 1_761_300_000.0
STATIC = {
    "AWS_ACCESS_KEY_ID": "AKIA1",
    "AWS_SECRET_ACCESS_KEY": "pl4nted-key",
    "AWS_SESSION_TOKEN": "pl4nted-token",
}
ARN = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:prod/db-AbCdEf"
REQUEST = SyncRequest("aws-secretsmanager", "/prod/db", "db", PodRef("shop", "web-1", "0b2a"))


@contextmanager
def asking(aws: FakeAws) -> Iterator[Provider]:
    """A provider with static keys, whose connections end with it."""
    built = Provider(STATIC | aws.env, lambda: NOW, NETWORK)
    yield built
    for connection in built._asker.services.connections.values():
        connection.close()
    gc.collect()


def refused(code: str, message: str = "because") -> dict[str, str]:
    """An answer that is a failure."""
    return {"__type": f"com.amazonaws.secretsmanager#{code}", "Message": message}
