"""A loopback AWS that answers what the test tells it to, and remembers what it was asked."""

import json
from typing import Any
from urllib.parse import parse_qs

ASSUMED = (
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
    "<AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>pl4nted&amp;key</SecretAccessKey>"
    "<SessionToken>pl4nted-token</SessionToken><Expiration>{expiration}</Expiration>"
    "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
)
TEST_DATE = "Fri, 24 Oct 2025 10:00:00 GMT"  # of every answer; the tests' own clocks agree


class FakeAws:
    """Answers an action with the next of its answers (the last one again and again)."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.env: dict[str, str] = {}

    def will(
        self, action: str, status: int, body: Any, headers: dict[str, str] | None = None
    ) -> None:
        """Add an answer for `GetSecretValue` or `AssumeRoleWithWebIdentity`."""
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else None
        raw = json.dumps(body).encode() if raw is None else raw
        self.answers.setdefault(action, []).append((status, headers or {}, raw))

    def will_assume(self, expiration: str = "2999-01-01T00:00:00Z", number: int = 1) -> None:
        """STS will give credentials."""
        body = ASSUMED.format(expiration=expiration, number=number)
        self.will("AssumeRoleWithWebIdentity", 200, body)

    def actions(self) -> list[str]:
        """What was asked, in order."""
        return [action for action, _, _ in self.asked]

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        target = headers.get("x-amz-target", "").rpartition(".")[2]
        action = target or parse_qs(body.decode())["Action"][0]
        self.asked.append((action, headers, body))
        script = self.answers[action]
        return script.pop(0) if len(script) > 1 else script[0]
