"""Region and base URL of an AWS service, as the SDKs choose them.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from initsync.rules import LABEL_LIMIT

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")

_SERVICE_VARIABLE = {
    "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "sts": "AWS_ENDPOINT_URL_STS",
}
# What each partition's regionRegex takes, with room for tomorrow's: two or three words and a
# number. Another word can be somebody's host: `secretsmanager.s3.amazonaws.com` is a bucket.
# https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
_REGION = r"[a-z]{2,4}(?:-[a-z]{2,4})?-[A-Za-z0-9]+-[0-9]+"
_LABEL = r"[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
_ARN = re.compile(
    rf"arn:[-a-z0-9]+:secretsmanager:({_REGION}):[0-9]{{12}}:secret:[A-Za-z0-9/_+=.@-]+"
)


class _Partition(NamedTuple):
    prefix: str
    """Of its regions' names."""
    suffix: str
    dual_stack: str
    plain_dual: tuple[bool, ...] = ()
    """With FIPS or without, Secrets Manager's dual-stack names here have the plain suffix."""


# https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json; prefixes rather
# than lists, so that a region opened tomorrow works today. The last one takes what is left.
_PARTITIONS = (
    _Partition("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", (False,)),
    _Partition("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    _Partition("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    _Partition("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    _Partition("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    _Partition("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    _Partition("", "amazonaws.com", "api.aws", (False, True)),
)


def is_arn(path: str) -> bool:
    """Whether it is the ARN of a secret, with its six-character tail or without."""
    return _ARN.fullmatch(path) is not None


def region_of(path: str, env: Mapping[str, str]) -> str | None:
    """The region to ask for `path`: its ARN's own, else the environment's; None without either."""
    if arn := _ARN.fullmatch(path):
        return arn.group(1)
    return next((env[name] for name in REGION_VARIABLES if env.get(name)), None)


def valid_region(region: str) -> bool:
    """Whether it is a region's name, so that a request goes to AWS and not to a host of others."""
    return len(region) <= LABEL_LIMIT and re.fullmatch(_REGION, region) is not None


def usable_region(service: str, region: str, env: Mapping[str, str]) -> bool:
    """Whether `service` may be asked in `region`: by an endpoint of one's own, whatever its name.

    Then no host is made of it, and stand-ins such as LocalStack know regions that AWS does not.
    """
    if _override(service, env):
        return re.fullmatch(_LABEL, region) is not None
    return valid_region(region)


def base_url(service: str, region: str, env: Mapping[str, str]) -> str:
    """Scheme and host of `service` (`secretsmanager`, `sts`) in `region`."""
    if override := _override(service, env):
        return override.rstrip("/")
    partition = next(found for found in _PARTITIONS if region.startswith(found.prefix))
    fips, dual = _true(env, "AWS_USE_FIPS_ENDPOINT"), _true(env, "AWS_USE_DUALSTACK_ENDPOINT")
    if service == "secretsmanager" and fips in partition.plain_dual:
        dual = False
    suffix = partition.dual_stack if dual else partition.suffix
    if fips and not dual and service == "sts" and region.startswith("us-gov-"):
        fips = False  # there the plain name is the FIPS one
    return f"https://{service}{'-fips' if fips else ''}.{region}.{suffix}"


def _override(service: str, env: Mapping[str, str]) -> str | None:
    if _true(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        return None
    return env.get(_SERVICE_VARIABLE[service]) or env.get("AWS_ENDPOINT_URL")


def _true(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").lower() == "true"
