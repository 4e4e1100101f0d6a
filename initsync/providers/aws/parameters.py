"""What may be a path of AWS's Parameter Store, and what it says. Asks nobody.

Which names and labels are valid, AWS decides (D37). Ours are the rules that Kubernetes, the wire
and the form of an ARN have, and the one below of paths.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html, Name
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html, Path
"""

import re
from typing import NamedTuple

from initsync.providers.aws import paths

_ARN = re.compile(r"arn:([^:]+):ssm:([^:]+):([^:]*):parameter(/.*)")
# What of a name or an ARN is a version's number or label: names have no colon.
_SELECTOR = re.compile(r":[^:/]*$")


class Arn(NamedTuple):
    """The ARN of a parameter, or of a path of parameters."""

    partition: str
    region: str
    account: str
    name: str
    """The name from its first slash on, which the name of a parameter may lack."""


def problem(path: str) -> str | None:
    """The rule that `path` breaks, as "must …", or None."""
    if rule := paths.unfit(path, "the name, path or ARN of a parameter"):
        return rule
    if is_tree(path) and not path.startswith(("/", "arn:")):
        return "must begin with '/' where it ends with one: it is a path, of all parameters below"
    return None


def version_problem(version: str) -> str | None:
    """The rule that a version's number or label breaks, as "must …", or None."""
    return paths.unfit_version(version, "a version's number, or a label")


def is_tree(path: str) -> bool:
    """Whether all parameters below it are meant, and not one."""
    return path.endswith("/")


def arn(path: str) -> Arn | None:
    """What the ARN of a parameter or of a path says; None for a name."""
    found = _ARN.fullmatch(path)
    return Arn(*found.groups()) if found else None


def hierarchy(path: str) -> str:
    """The Path that AWS is asked for, without its last slash: so IAM's policies name it.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
    """
    found = arn(path)
    return (found.name if found else path).removesuffix("/") or "/"


def without_selector(path: str) -> str:
    """The name or ARN alone, where a version's number or label is behind it."""
    return _SELECTOR.sub("", path)


def __getattr__(name: str) -> object:
    """FIELDS, which few annotations need (https://peps.python.org/pep-0562/)."""
    if name != "FIELDS":
        raise AttributeError(name)
    from initsync.providers.aws.fields import FIELDS

    return FIELDS
