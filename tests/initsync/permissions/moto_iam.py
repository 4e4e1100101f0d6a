"""What AWS does and moto's IAM must be taught.

moto checks signatures and enforces actions, but asks every service but S3 about the resource `*`,
reads `?` as a regular expression does, knows no condition of Secrets Manager, and refuses in XML
whom it speaks JSON with.
"""

import json
import re

import pytest
from moto.core.exceptions import JsonRESTError
from moto.iam import access_control
from moto.secretsmanager.models import secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.ssm.responses import SimpleSystemManagerResponse


def determine_resource(self: SecretsManagerResponse) -> str:
    """The ARN of the secret that the request names."""
    backend = secretsmanager_backends[self.current_account][self.region]
    secret = backend.secrets.get(json.loads(self.body).get("SecretId") or "")
    return str(secret.arn) if secret else "*"


def determine_parameter(self: SimpleSystemManagerResponse) -> str:
    """Likewise of a parameter, or of the path of which all is listed.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
    """
    asked = json.loads(self.body)
    name = str(asked.get("Path") or asked.get("Name")).partition(":")[0].removeprefix("/")
    return f"arn:aws:ssm:{self.region}:{self.current_account}:parameter/{name}"


def match(pattern: str, text: str) -> "re.Match[str] | None":
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html"""
    parts = ({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    return re.fullmatch("".join(parts), text)


def asked_stage(request: access_control.IAMRequest) -> str | None:
    """The value of the condition key `secretsmanager:VersionStage`; None: the request has none.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
    """
    if request._service != "secretsmanager":
        return None
    stage = json.loads(request._body).get("VersionStage")
    return None if stage is None else str(stage)


def conditions_met(wanted: dict[str, dict[str, str]], stage: str | None) -> bool:
    """Of `StringEquals` on that key, which a request without it never meets."""
    assert set(wanted) == {"StringEquals"}
    return wanted["StringEquals"] == {"secretsmanager:VersionStage": stage}


def teach_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a statement with a condition allow only what meets it."""
    usual, asked = access_control.IAMRequest.check_action_permitted, [""]

    def permitted(self: access_control.IAMRequest, resource: str) -> None:
        asked[:] = [asked_stage(self) or ""]
        usual(self, resource)

    def met(self: access_control.IAMPolicyStatement, _: object) -> bool:
        wanted = self._statement.get("Condition")
        return not wanted or conditions_met(wanted, asked[0] or None)

    monkeypatch.setattr(access_control.IAMRequest, "check_action_permitted", permitted)
    monkeypatch.setattr(access_control.IAMPolicyStatement, "_check_conditions", met)


def refuse(self: access_control.IAMRequest) -> None:
    """In JSON, as these services answer."""
    raise JsonRESTError("AccessDeniedException", f"not authorized to perform: {self._action}")
