"""What is checked of the options of `initsync policy`: the callbacks of click's options."""

import re

import click

from initsync.permissions import iam
from initsync.providers.aws import endpoints, paths
from initsync.words import rules


def account(_: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    """Check that an option's value is an AWS account's number. Raises BadParameter."""
    if given is not None and not re.fullmatch("[0-9]{12}", given):
        raise click.BadParameter("must be an AWS account's twelve digits")
    return given or ""


def region(_: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    """A region of AWS, as ARNs have it."""
    if given is not None and not paths.is_region(given):
        raise click.BadParameter("must be an AWS region, such as eu-west-1")
    return endpoints.signing_region("secretsmanager", given or "")


def kms_keys(
    _: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """[PATH=]ARN, any number of them, as a map by path."""
    found: dict[str, str] = {}
    for entry in given:
        path, _sign, key = entry.rpartition("=")  # a path may have the sign, an ARN of a key not
        if rule := iam.key_problem(key):
            raise click.BadParameter(rule)
        if path in found:
            raise click.BadParameter(f"names two keys for {path or 'every secret'}")
        found[path] = key
    return found


def environment(
    _: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """NAME=VALUE, any number of them; of a name the last one counts."""
    pairs = [entry.partition("=") for entry in given]
    if not all(name and sign for name, sign, _ in pairs):
        raise click.BadParameter("must be NAME=VALUE")
    return {name: value for name, _, value in pairs}


def issuer(_: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    """The URL of an OIDC issuer, without its scheme."""
    found = (given or "").removeprefix("https://").rstrip("/")
    if given is not None and not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?(/[!\"$->@-~]+)?", found):
        raise click.BadParameter("must be a URL, https://HOST/PATH")
    return found


def audience(_: click.Context, _parameter: click.Parameter, given: str) -> str:
    """The client ID of an OIDC provider in IAM."""
    if not re.fullmatch("[!-~]{1,255}", given):
        raise click.BadParameter("must be 1 to 255 characters without white space")
    return given


def prefix(_: click.Context, _parameter: click.Parameter, given: str) -> str:
    """The beginning of names in IAM."""
    if not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,32}", given):
        raise click.BadParameter("must be 1 to 32 letters, digits and _+=,.@-")
    return given


def role_prefix(_: click.Context, _parameter: click.Parameter, given: str) -> str:
    """The beginning of names of Roles."""
    if rule := rules.name_problem(given):
        raise click.BadParameter(rule)
    return given
