"""AWS's access-denied sentences, long as they are: the reason is told, and who must change what.

The sentences are those of
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, with the names of
a pod, a role and a secret as people have them.
"""

import pytest

from initsync.providers.aws import denials
from initsync.providers.aws.api import Operation, ServiceError, Wanted
from initsync.providers.aws.failures import Asked, of_secret
from initsync.providers.aws.sigv4 import Credentials
from initsync.sync.event import MESSAGE_LIMIT, EventSource, event
from initsync.words.errors import AccessDenied, JasmError
from initsync.words.model import PodRef

ROLE = f"arn:aws:iam::123456789012:role/{'r' * 64}"
NAME = "s" * 80
ARN = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{NAME}-AbCdEf"
USER = f"User: arn:aws:sts::123456789012:assumed-role/{'r' * 64}/jasm-{'p' * 58}"
DENIED = f"{USER} is not authorized to perform: secretsmanager:GetSecretValue on resource: {ARN} "
SCP = "arn:aws:organizations::987654321098:policy/o-qv5af4abcd/service_control_policy/p-2kgnabcd"
ALLOWS = "allows the secretsmanager:GetSecretValue action"
READ = f"secretsmanager:GetSecretValue on {NAME} in eu-west-1"
GET = Operation("secretsmanager", "AWS Secrets Manager", "secretsmanager.GetSecretValue")
DENIES = ": change its Deny, which no grant outweighs"


def refusal(
    message: str, code: str = "AccessDeniedException", path: str = NAME, role: str = ROLE
) -> JasmError:
    wanted, keys = Wanted(path, "eu-west-1"), Credentials("ASIA", "s", role=role)
    asked = Asked("aws-secretsmanager", GET, wanted, keys)
    return of_secret(ServiceError(code, message, 400), asked)


REASONS = [
    (f"because no identity-based policy {ALLOWS}", f"grant it {READ}"),
    (
        f"because no resource-based policy {ALLOWS}",
        f"the resource policy of the secret must allow it {READ}",
    ),
    (
        f"because no VPC endpoint policy {ALLOWS}",
        f"the policy of the VPC endpoint on the way there must allow it {READ}",
    ),
    (
        f"because no permissions boundary {ALLOWS}",
        f"the role's permissions boundary must allow it {READ}",
    ),
    (
        f"because no session policy {ALLOWS}",
        f"the session policy that its credentials were made with must allow it {READ}",
    ),
    (
        f"because no service control policy {ALLOWS}",
        f"a service control policy of the organization must allow it {READ}",
    ),
    (
        "with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/no",
        f"a policy of the role arn:aws:iam::123456789012:policy/no forbids it {READ}{DENIES}",
    ),
    (
        "with an explicit deny in a resource-based policy",
        f"the resource policy of the secret forbids it {READ}{DENIES}",
    ),
    (
        "with an explicit deny in a VPC endpoint policy",
        f"the policy of the VPC endpoint on the way there forbids it {READ}{DENIES}",
    ),
    (
        "with an explicit deny in a permissions boundary",
        f"the role's permissions boundary forbids it {READ}{DENIES}",
    ),
    (
        "with an explicit deny in a sessions policy",
        f"the session policy that its credentials were made with forbids it {READ}{DENIES}",
    ),
    (
        f"with an explicit deny in a service control policy: {SCP}",
        f"a service control policy of the organization {SCP} forbids it {READ}{DENIES}",
    ),
    (
        "with an explicit deny in a resource control policy",
        f"a resource control policy of the organization forbids it {READ}{DENIES}",
    ),
    (
        "with an explicit deny in a VPC endpoint policy transitively through a service control "
        "policy",
        f"a service control policy of the organization forbids it {READ}{DENIES}",
    ),
    (
        f"because no declarative control policy {ALLOWS}",
        f"a declarative control policy must allow it {READ}",
    ),
    ("", f"grant it {READ}"),
]


@pytest.mark.parametrize(("reason", "advice"), REASONS, ids=lambda text: text[:60])
def test_the_reason_is_told_whole_and_advice_goes_to_who_can_change_it(
    reason: str, advice: str
) -> None:
    error = refusal((DENIED + reason).strip())

    assert isinstance(error, AccessDenied)
    assert str(error).endswith(f"{reason or ARN}): {advice}")
    assert str(error).startswith(f"aws-secretsmanager refused {ROLE} (User: arn:aws:sts::")


@pytest.mark.parametrize(("reason", "advice"), REASONS, ids=lambda text: text[:60])
def test_the_event_has_both_ends_of_it(reason: str, advice: str) -> None:
    pod = PodRef("shop", "web-1", "0b2a")
    sentence = str(refusal(DENIED + reason))

    made = event(pod, "r", sentence, warning=True, now=0.0, reporter=EventSource("jasm-init"))

    assert len(made["message"].encode()) <= MESSAGE_LIMIT
    assert made["message"].startswith(f"aws-secretsmanager refused {ROLE}")
    assert made["message"].endswith(advice)


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("Access to KMS is not allowed", True),
        (
            "The ciphertext refers to a customer master key that does not exist, does not exist in "
            "this region, or you are not allowed to access.",
            True,
        ),
        (
            "User: arn:aws:sts::1:assumed-role/app/x is not authorized to perform: kms:Decrypt on "
            "resource: arn:aws:kms:eu-west-1:1:key/0 because no identity-based policy allows it",
            True,
        ),
        (
            "User: arn:aws:sts::1:assumed-role/KMS-proxy/x is not authorized to perform: "
            "secretsmanager:GetSecretValue on resource: prod/KMS-proxy because no identity-based "
            "policy allows the secretsmanager:GetSecretValue action",
            False,
        ),
        ("prod/KMS-proxy is not for you", False),
        ("", False),
    ],
)
def test_a_key_is_at_fault_where_aws_says_so_and_not_by_a_name(message: str, key: bool) -> None:
    assert denials.concerns_key(message) is key
    sentence = str(refusal(message, path="prod/KMS-proxy", role="arn:aws:iam::1:role/KMS-proxy"))
    assert ("kms:Decrypt on the KMS key of that secret" in sentence) is key
    assert ("it secretsmanager:GetSecretValue on prod/KMS-proxy" in sentence) is not key


def test_a_keys_own_policy_is_told_from_the_secrets() -> None:
    message = (
        f"{USER} is not authorized to perform: kms:Decrypt on resource: "
        "arn:aws:kms:eu-west-1:123456789012:key/0 with an explicit deny in a resource-based policy"
    )

    said = str(refusal(message))

    assert said.endswith(
        f"the policy of that key forbids it kms:Decrypt on the KMS key of that secret{DENIES}"
    )
