"""A provider of Parameter Store that asks the loopback AWS, and what that answers."""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from initsync.network.transport import Network
from initsync.providers.aws.parameterstore import Provider
from tests.initsync.fake_aws import FakeAws

NETWORK = Network({}, lambda: 60.0, lambda _: None)
NOW = 1_761_300_000.0
STATIC = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted-key"}
NAME = "aws-parameter-store"
ROOT = "arn:aws:ssm:ap-south-1:123456789012:parameter"
ONE, BELOW = "GetParameter", "GetParametersByPath"


@contextmanager
def asking(aws: FakeAws) -> Iterator[Provider]:
    """A provider with static keys, whose connections end with it."""
    built = Provider(STATIC | aws.env, lambda: NOW, NETWORK)
    yield built
    for connection in built._asker.services.connections.values():
        connection.close()
    gc.collect()


def parameter(name: str, value: str = "pl4nted", **more: Any) -> dict[str, Any]:
    """One as AWS gives it."""
    return {"Name": name, "Value": value, "Type": "SecureString", "Version": 3, **more}


def page(*found: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    """An answer with these parameters, and the token of the next one."""
    return {"Parameters": list(found), **({"NextToken": token} if token else {})}


def refused(code: str, message: str = "because") -> dict[str, str]:
    """An answer that is a failure."""
    return {"__type": code, "message": message}


def bodies(aws: FakeAws) -> list[dict[str, Any]]:
    """Of all that was asked."""
    return [json.loads(body) for _, _, body in aws.asked]
