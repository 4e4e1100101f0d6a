"""What STS answers to a pod that asks for its role, and who must change something."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.providers.aws.credentials import Identity
from initsync.words.errors import AccessDenied, NoIdentity, NoIdentityYet, ProviderUnavailable
from tests.initsync.fake_aws import ASSUMED, FakeAws
from tests.initsync.providers.aws.identities import ROLE, identifying, token_file


@pytest.fixture
def token(tmp_path: Path) -> Path:
    return token_file(tmp_path)


@pytest.fixture
def identify(aws: FakeAws, token: Path) -> Iterator[Callable[..., Identity]]:
    with identifying(aws, token) as build:
        yield build


def sts_error(code: str, message: str = "because") -> str:
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
        f"<Message>{message}</Message></Error></ErrorResponse>"
    )


def test_a_trust_policy_that_refuses_is_access_denied_with_the_role(
    aws: FakeAws, identify: Callable[..., Identity]
) -> None:
    aws.will("AssumeRoleWithWebIdentity", 403, sts_error("AccessDenied", "Not authorized"))

    with pytest.raises(AccessDenied) as caught:
        identify().credentials()

    assert ROLE in str(caught.value)
    assert "sts:AssumeRoleWithWebIdentity in the role's trust policy" in str(caught.value)


@pytest.mark.parametrize(
    "code",
    [
        *("ExpiredTokenException", "InvalidIdentityToken", "IDPRejectedClaim"),
        *("MalformedPolicyDocument", "PackedPolicyTooLarge", "ValidationError", "Anything"),
    ],
)
def test_a_token_that_sts_refuses_is_no_identity(
    aws: FakeAws, identify: Callable[..., Identity], code: str
) -> None:
    aws.will("AssumeRoleWithWebIdentity", 400, sts_error(code))

    with pytest.raises(NoIdentity, match=f"{code}: because"):
        identify().credentials()


@pytest.mark.parametrize(
    ("code", "spreads"), [("InvalidIdentityToken", True), ("ExpiredTokenException", False)]
)
def test_an_oidc_provider_that_was_made_just_now_may_be_known_soon(
    aws: FakeAws, identify: Callable[..., Identity], code: str, spreads: bool
) -> None:
    message = "No OpenIDConnect provider found in your account for https://oidc.eks.example/id/1"
    aws.will("AssumeRoleWithWebIdentity", 400, sts_error(code, message))

    with pytest.raises(NoIdentity, match="check the role ARN and the OIDC provider") as caught:
        identify().credentials()

    assert isinstance(caught.value, NoIdentityYet) == spreads


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        (
            "with an explicit deny in a service control policy: "
            "arn:aws:organizations::987654321098:policy/o-qv5a/service_control_policy/p-2kgn",
            "a service control policy of the organization arn:aws:organizations::987654321098:"
            "policy/o-qv5a/service_control_policy/p-2kgn forbids it sts:AssumeRoleWithWebIdentity",
        ),
        (
            "because no VPC endpoint policy allows the sts:AssumeRoleWithWebIdentity action",
            "the policy of the VPC endpoint on the way there must allow it "
            "sts:AssumeRoleWithWebIdentity",
        ),
        (
            "because no role trust policy allows the sts:AssumeRoleWithWebIdentity action",
            "grant it sts:AssumeRoleWithWebIdentity in the role's trust policy, for this cluster's",
        ),
    ],
)
def test_who_keeps_a_pod_from_its_role_is_who_must_change(
    aws: FakeAws, identify: Callable[..., Identity], reason: str, advice: str
) -> None:
    said = f"User: x is not authorized to perform: sts:AssumeRoleWithWebIdentity {reason}"
    aws.will("AssumeRoleWithWebIdentity", 403, sts_error("AccessDenied", said))

    with pytest.raises(AccessDenied) as caught:
        identify().credentials()

    assert f"): {advice}" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, sts_error("IDPCommunicationError")),
        (400, sts_error("Throttling")),
        (400, sts_error("InvalidIdentityToken", "Couldn't retrieve verification key from")),
        (200, ASSUMED.format(expiration="soon", number=1)),
        (503, sts_error("ServiceUnavailable")),
        (502, "<html>bad gateway</html>"),
        (200, "<html>a captive portal</html>"),
        (200, ""),
    ],
)
def test_trouble_at_sts_is_worth_another_try(
    aws: FakeAws, identify: Callable[..., Identity], status: int, body: str
) -> None:
    aws.will("AssumeRoleWithWebIdentity", status, body)

    with pytest.raises(ProviderUnavailable):
        identify().credentials()


def test_a_token_refused_by_a_clock_that_is_off_names_its_distance(
    aws: FakeAws, identify: Callable[..., Identity]
) -> None:
    date = {"Date": "Fri, 24 Oct 2025 12:00:00 GMT"}
    aws.will("AssumeRoleWithWebIdentity", 400, sts_error("ExpiredTokenException"), date)

    with pytest.raises(NoIdentity, match="the clock here is 2h behind AWS's: correct the node's"):
        identify().credentials()


def test_a_region_where_sts_is_off_is_told(aws: FakeAws, identify: Callable[..., Identity]) -> None:
    aws.will("AssumeRoleWithWebIdentity", 403, sts_error("RegionDisabledException"))

    with pytest.raises(NoIdentity, match="enable STS in that region for the account"):
        identify().credentials()
