"""AWS Secrets Manager: one GetSecretValue, as whoever this pod is in AWS."""

import base64
from collections.abc import Mapping
from typing import Any

from initsync.providers.aws.api import Operation, Wanted
from initsync.providers.aws.credentials import Client
from initsync.words.errors import InvalidSecretData, ProviderUnavailable
from initsync.words.model import ExternalSecret

_NAME = "AWS Secrets Manager"
_GET = Operation("secretsmanager", _NAME, "secretsmanager.GetSecretValue")
_STAGE = "AWSCURRENT"
_ID = (32, 64)  # characters of a VersionId, as the service's model has it


class Provider(Client):
    """A `SecretProvider` that keeps its identity and connections between calls."""

    name = "aws-secretsmanager"
    service = "secretsmanager"

    def _read(self, wanted: Wanted) -> ExternalSecret:
        """The current version, or one by its id or stage."""
        answer = self._ask(_GET, _parameters(wanted), wanted)
        found = str(answer.get("VersionId") or "")
        return ExternalSecret(self._content(wanted.path, answer), wanted.path, self.name, found)

    def _content(self, path: str, answer: Mapping[str, Any]) -> str | bytes:
        """SecretString, or SecretBinary, which the wire has in base64.

        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
        """
        text, binary = answer.get("SecretString"), answer.get("SecretBinary")
        if isinstance(text, str):
            return text
        try:
            return base64.b64decode(binary or "", validate=True) if binary else self._none(path)
        except (TypeError, ValueError):
            detail = "it gave a SecretBinary that is no base64"
            raise ProviderUnavailable(_NAME, detail) from None

    def _none(self, path: str) -> bytes:
        problem = "it has no value: store a JSON object of keys and values there"
        raise InvalidSecretData(self.name, path, problem)


def _parameters(wanted: Wanted) -> dict[str, str]:
    """The stage is said although it is the default: to a policy whose condition is
    `secretsmanager:VersionStage` a request without it has no stage (boto/boto3#2957).
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
    """
    by_id = _ID[0] <= len(wanted.version) <= _ID[1]
    named = {"VersionId" if by_id else "VersionStage": wanted.version or _STAGE}
    return {"SecretId": wanted.path, **named}
