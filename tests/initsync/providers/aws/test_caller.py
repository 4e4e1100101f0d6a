"""GetCallerIdentity: the request as botocore writes it, the answer, and refusals."""

from urllib.parse import parse_qs

import botocore.session
import pytest

from initsync.network.transport import Connection, Network
from initsync.network.trust import trusting
from initsync.providers.aws.caller import get_caller_identity
from initsync.providers.aws.sigv4 import Credentials
from initsync.words.errors import NoIdentity, ProviderUnavailable
from tests.initsync.fake_aws import FakeAws

NOW = 1_761_300_000.0
NETWORK = Network({}, lambda: 60.0, lambda _: None)
ARN = "arn:aws:sts::123456789012:assumed-role/app/jasm-web"
ANSWER = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    f"<Arn>{ARN}</Arn><UserId>U</UserId><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def whoami(aws: FakeAws) -> str:
    url = aws.env["AWS_ENDPOINT_URL"]
    connection = Connection(url, lambda: trusting(None), NETWORK)
    try:
        credentials = Credentials("AKIA1", "pl4nted-key", "pl4nted-token", role="the role")
        return get_caller_identity(connection, credentials, "eu-west-1", NOW)
    finally:
        connection.close()


def test_the_answers_arn(aws: FakeAws) -> None:
    aws.will("GetCallerIdentity", 200, ANSWER)

    assert whoami(aws) == ARN


def test_the_request_is_botocores(aws: FakeAws) -> None:
    aws.will("GetCallerIdentity", 200, ANSWER)
    client = botocore.session.get_session().create_client(
        "sts",
        region_name="eu-west-1",
        endpoint_url=aws.env["AWS_ENDPOINT_URL"],
        aws_access_key_id="AKIA1",
        aws_secret_access_key="pl4nted-key",
    )

    theirs_arn = client.get_caller_identity()["Arn"]
    assert whoami(aws) == theirs_arn

    (_, theirs, their_body), (_, ours, our_body) = aws.asked
    assert parse_qs(our_body.decode()) == parse_qs(their_body.decode())
    assert ours["content-type"] == theirs["content-type"]
    assert _scope(ours) == _scope(theirs) == "eu-west-1/sts/aws4_request"


def _scope(headers: dict[str, str]) -> str:
    """Region, service and kind of a signature, of any day."""
    return headers["authorization"].partition(",")[0].split("/", 2)[2]


def test_credentials_that_aws_does_not_take_are_named_by_whose_they_are(aws: FakeAws) -> None:
    error = "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>it ended</Message></Error>"
    aws.will("GetCallerIdentity", 403, f"{error}</ErrorResponse>")

    with pytest.raises(NoIdentity) as caught:
        whoami(aws)

    said = str(caught.value)
    assert "the role: AWS refused its credentials (ExpiredToken: it ended)" in said
    assert "pl4nted" not in said


def test_a_bad_day_at_aws_is_one(aws: FakeAws) -> None:
    aws.will("GetCallerIdentity", 503, "<Error><Code>ServiceUnavailable</Code></Error>")

    with pytest.raises(ProviderUnavailable):
        whoami(aws)
