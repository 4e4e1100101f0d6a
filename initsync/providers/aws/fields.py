"""Fields that entries of AWS's providers have beside those of all. Asks nobody."""

import re
from collections.abc import Mapping

from initsync.providers.aws import paths
from initsync.providers.interface import EntryField

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, RoleArn and ExternalId
_ROLE = re.compile(r"arn:[^:\s]+:iam::[0-9]{12}:role/[!-~]+")
_ROLE_LIMIT = 2048
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)

ROLE, EXTERNAL_ID, FAILOVER = "role", "externalId", "failoverRegion"


def role_problem(text: str) -> str | None:
    """The rule that the ARN of a role breaks, as "must …", or None."""
    if len(text) <= _ROLE_LIMIT and _ROLE.fullmatch(text):
        return None
    return "must be the ARN of an IAM role, arn:aws:iam::ACCOUNT:role/NAME"


def external_id_problem(text: str) -> str | None:
    """The rule that an external ID breaks, as "must …", or None."""
    if _EXTERNAL_ID.fullmatch(text):
        return None
    return "must be an external ID: 2 to 1224 letters, digits and _+=,.@:/-"


def region_problem(text: str) -> str | None:
    """The rule that a region breaks, so that no request goes to a host of others, or None."""
    return None if paths.is_region(text) else "must be an AWS region, such as eu-west-1"


FIELDS: Mapping[str, EntryField] = {
    ROLE: EntryField(
        role_problem,
        "IAM role",
        "The ARN of another role that reads the secret, such as one of another account; the "
        "pod's own assumes it.",
    ),
    EXTERNAL_ID: EntryField(
        external_id_problem, "External ID", "What the trust policy of that role wants to be told."
    ),
    FAILOVER: EntryField(
        region_problem,
        "Failover region",
        "The region that is asked where the first one does not answer.",
    ),
}
