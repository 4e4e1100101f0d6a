"""What may be a path of AWS Secrets Manager, and what an ARN says of any provider's. Asks nobody.

Of names the service's own model has one rule, their length; which of them it takes, AWS decides
(D37): its services make secrets such as `rds!cluster-…`, and may make others tomorrow. Ours are
the rules that Kubernetes, the wire and the form of an ARN have.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html, SecretId
"""

import re

from initsync.words.wording import shown

_LIMIT = 2048
_STAGE_LIMIT = 256
# Control characters, with which a path would be several lines of whatever shows it, and what UTF-8
# and so an annotation cannot say.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_OF_SERVICE = re.compile(r"arn:[^:]+:(?:secretsmanager|ssm):([^:]*)(?=:|$)")
# Of a secret or a parameter:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
_ARN = re.compile(r"arn:[^:]+:(secretsmanager|ssm):([^:]+):[^:]*:(?:secret:|parameter/).*")
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
_OF_ECS = re.compile(r"(arn:[^:]+:secretsmanager:[^:]+:[^:]*:secret:[^:]+)((?::[^:]*){1,3})")
# Of a complete ARN: a dash and six characters that Secrets Manager chooses.
_TAIL = re.compile(r"-[A-Za-z0-9]{6}")
# What each partition's regionRegex takes, with room for tomorrow's: two or three words and a
# number. Another word can be somebody's host: `secretsmanager.s3.amazonaws.com` is a bucket.
# https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,4})?-[A-Za-z0-9]+-[0-9]+")
_LABEL_LIMIT = 63  # https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4


def problem(path: str) -> str | None:
    """The rule that `path` breaks, as "must …", or None."""
    if rule := unfit(path, "the name or ARN of a secret"):
        return rule
    if found := _OF_ECS.fullmatch(path):
        return (
            f"must be the secret's ARN alone: behind its name {shown(found[2])} is how ECS names "
            f"one key; write {shown(found[1])}, of which JASM takes every key"
        )
    return None


def unfit(path: str, what: str) -> str | None:
    """The rule that a path of any service of AWS breaks; `what` is what one is."""
    if not path.strip() or len(path) > _LIMIT:
        return f"must be {what}, of 1 to {_LIMIT} characters"
    if _UNFIT.search(path):
        return "must be one line of Unicode without control characters"
    if (found := _OF_SERVICE.match(path)) and not is_region(found[1]):
        return f"must name a region in its ARN, such as eu-west-1, and not {shown(found[1])}"
    return None


def version_problem(version: str) -> str | None:
    """The rule that a version's id or stage breaks, as "must …", or None."""
    return unfit_version(version, "a version's id, or a stage")


def unfit_version(version: str, what: str) -> str | None:
    """The rule that a version of any service of AWS breaks; `what` is what one is."""
    if not version.strip() or len(version) > _STAGE_LIMIT or _UNFIT.search(version):
        return f"must be {what} of 1 to {_STAGE_LIMIT} characters"
    return None


def is_arn(path: str) -> bool:
    """Whether it is the ARN of a secret, complete or without its last seven characters."""
    found = _ARN.fullmatch(path)
    return found is not None and found[1] == "secretsmanager" and is_region(found[2])


def region(path: str) -> str | None:
    """The region that the ARN of a secret or parameter names; None for any other path."""
    found = _ARN.fullmatch(path)
    return found[2] if found and is_region(found[2]) else None


def in_region(path: str, region: str) -> str:
    """The path of a replica there: names are the same, and ARNs but for the region.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
    """
    if not _ARN.fullmatch(path):
        return path
    parts = path.split(":", 4)
    return ":".join([*parts[:3], region, parts[4]])


def is_region(text: str) -> bool:
    """Whether it is a region's name, so that a request goes to AWS and not to a host of others."""
    return len(text) <= _LABEL_LIMIT and _REGION.fullmatch(text) is not None


def tail(path: str) -> str:
    """What Secrets Manager takes for the end that it chose itself; empty where there is none.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
    """
    return path[-7:] if is_arn(path) and _TAIL.fullmatch(path[-7:]) else ""


def __getattr__(name: str) -> object:
    """FIELDS, which few annotations need (https://peps.python.org/pep-0562/)."""
    if name != "FIELDS":
        raise AttributeError(name)
    from initsync.providers.aws.fields import FIELDS

    return FIELDS
