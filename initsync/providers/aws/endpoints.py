"""Region and base URL of an AWS service, as the SDKs choose them.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from initsync.providers.aws import paths
from initsync.words.errors import InvalidSetup

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
FAILOVER_VARIABLE = "JASM_AWS_FAILOVER_REGION"
"""The platform's second region, for entries that name none."""

_SERVICE_VARIABLE = {
    "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "ssm": "AWS_ENDPOINT_URL_SSM",
    "sts": "AWS_ENDPOINT_URL_STS",
}
# Of an endpoint of one's own any name will do that a signature can hold.
_LABEL = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?")


class Partition(NamedTuple):
    """A part of AWS with accounts and names of hosts of its own."""

    prefix: str
    """How the names of its regions begin."""
    name: str
    """The partition's name in ARNs."""
    suffix: str
    dual_stack: str
    plain_dual: tuple[bool, ...] = ()
    """The values of FIPS for which Secrets Manager's dual-stack names have the plain suffix."""


# https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json; prefixes rather
# than lists, so that a region opened tomorrow works today. The last one takes what is left.
_PARTITIONS = (
    Partition("cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", (False,)),
    Partition("eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"),
    Partition("us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov"),
    Partition("us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"),
    Partition("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    Partition("us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    Partition("us-gov-", "aws-us-gov", "amazonaws.com", "api.aws", (False, True)),
    Partition("", "aws", "amazonaws.com", "api.aws", (False, True)),
)
_GLOBAL = "aws-global"
"""An alias that names no region: with it STS is asked by its oldest name."""


def partition(region: str) -> Partition:
    """The partition that has the region."""
    return next(found for found in _PARTITIONS if region.startswith(found.prefix))


def region_of(path: str, env: Mapping[str, str]) -> str | None:
    """The region to ask for `path`: its ARN's own, else the environment's; None without either."""
    named = (env[name] for name in REGION_VARIABLES if env.get(name))
    return paths.region(path) or next(named, None)


def needed_region(path: str, env: Mapping[str, str], *, sdk: bool) -> str:
    """The region as `region_of` has it; with `sdk` or else a profile's. Raises InvalidSetup."""
    if region := region_of(path, env):
        return region
    if sdk:
        from initsync.providers.aws import sdk as profiles  # no pod asks it

        if region := profiles.region():
            return region
    problem = f"no AWS region for {path}: none of {', '.join(REGION_VARIABLES)}"
    raise InvalidSetup(f"{problem} is set", "set one, or give the secret's full ARN")


def usable_region(service: str, region: str, env: Mapping[str, str]) -> bool:
    """Whether `service` may be asked in `region`: by an endpoint of one's own, whatever its name.

    Then no host is made of it, and stand-ins such as LocalStack know regions that AWS does not.
    """
    if _override(service, env):
        return _LABEL.fullmatch(region) is not None
    return paths.is_region(_without_fips(region)) or (service, region) == ("sts", _GLOBAL)


def signing_region(service: str, region: str) -> str:
    """The region that a signature names: `region`, or what it is an alias of.

    https://github.com/boto/botocore/blob/develop/botocore/client.py, _normalize_fips_region
    """
    if service == "sts" and region == _GLOBAL:
        return "us-east-1"
    return _without_fips(region)


def base_url(service: str, region: str, env: Mapping[str, str]) -> str:
    """Scheme and host of `service` (`secretsmanager`, `ssm`, `sts`) in `region`."""
    if override := _override(service, env):
        return override.rstrip("/")
    fips, dual = _true(env, "AWS_USE_FIPS_ENDPOINT"), _true(env, "AWS_USE_DUALSTACK_ENDPOINT")
    fips, region = fips or region != _without_fips(region), _without_fips(region)
    if service == "sts" and region == _GLOBAL and not fips and not dual:
        return "https://sts.amazonaws.com"
    within = partition(region)
    if service == "secretsmanager" and fips in within.plain_dual:
        dual = False
    suffix = within.dual_stack if dual else within.suffix
    if fips and not dual and service in ("ssm", "sts") and region.startswith("us-gov-"):
        fips = False  # there the plain name is the FIPS one
    return f"https://{service}{'-fips' if fips else ''}.{region}.{suffix}"


def _without_fips(region: str) -> str:
    """`fips-us-east-1` and `us-gov-west-1-fips` are old ways to ask for FIPS endpoints."""
    return region.replace("fips-", "").replace("-fips", "")


def _override(service: str, env: Mapping[str, str]) -> str | None:
    if _true(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        return None
    return env.get(_SERVICE_VARIABLE[service]) or env.get("AWS_ENDPOINT_URL")


def _true(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").lower() == "true"
