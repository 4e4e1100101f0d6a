"""AWS Systems Manager Parameter Store: one parameter, or all below a path, as whoever this pod is.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
"""

from collections.abc import Iterator
from typing import Any

from initsync.providers.aws import parameters
from initsync.providers.aws.api import Operation, Wanted
from initsync.providers.aws.credentials import Client
from initsync.words import rules
from initsync.words.errors import (
    InvalidSecretData,
    ProviderUnavailable,
    SecretNotFound,
    SecretRefused,
)
from initsync.words.model import ExternalSecret
from initsync.words.wording import shown

_NAME = "AWS Parameter Store"
_ONE = Operation("ssm", _NAME, "AmazonSSM.GetParameter")
_BELOW = Operation("ssm", _NAME, "AmazonSSM.GetParametersByPath")
_MOST = 10  # of a page, as the service's model has it


class Provider(Client):
    """A `SecretProvider` that keeps its identity and connections between calls."""

    name = "aws-parameter-store"
    service = "ssm"

    def _read(self, wanted: Wanted) -> ExternalSecret:
        """One parameter's text; of a path each parameter below as a key (`_keys`)."""
        if parameters.is_tree(wanted.path):
            return ExternalSecret(self._below(wanted), wanted.path, self.name)
        selector = f":{wanted.version}" if wanted.version else ""
        asked = {"Name": wanted.path + selector, "WithDecryption": True}
        found = _parameter(self._ask(_ONE, asked, wanted).get("Parameter"))
        number = str(found.get("Version") or "")
        return ExternalSecret(found["Value"], wanted.path, self.name, number)

    def _below(self, wanted: Wanted) -> dict[str, str]:
        self._refuse_number(wanted)
        found: dict[str, str] = {}
        names: dict[str, str] = {}
        left = rules.DATA_LIMIT
        for it in self._listed(wanted):
            self._refuse_other(wanted, str(it.get("ARN") or ""))
            key = _key(it["Name"], wanted.path)
            if key in found:
                raise self._invalid(wanted, _twice(key, names[key], it["Name"]))
            found[key], names[key] = it["Value"], it["Name"]
            left -= len(it["Value"])
            if left < 0:
                problem = f"its values are more than {rules.DATA_LIMIT} bytes, a Secret's limit"
                raise self._invalid(wanted, problem)
        if not found:
            raise _nothing(self.name, wanted)
        return found

    def _listed(self, wanted: Wanted) -> Iterator[dict[str, Any]]:
        """Page by page, of which each may be short or empty, until no token leads to another."""
        token = ""
        while True:
            answer = self._ask(_BELOW, _page(wanted, token), wanted)
            listed = answer.get("Parameters")
            if not isinstance(listed, list):
                raise _garbled()
            yield from map(_parameter, listed)
            before, token = token, str(answer.get("NextToken") or "")
            if not token:
                return
            if token == before or self._network.left() <= 0:
                detail = "it has more pages of parameters than there is time to read"
                raise ProviderUnavailable(_NAME, detail)

    def _refuse_number(self, wanted: Wanted) -> None:
        """Raise SecretRefused for a version's number, which each parameter has of its own."""
        if wanted.version.isdecimal():
            detail = f"version {wanted.version} is a number, which is one parameter's"
            self._refuse(wanted, detail, "give a label as the version of a path, or none")

    def _refuse(self, wanted: Wanted, detail: str, advice: str) -> None:
        where = f"in region {wanted.region}"
        raise SecretRefused(self.name, wanted.path, where, detail, advice)

    def _refuse_other(self, wanted: Wanted, given: str) -> None:
        """Raise SecretRefused where an ARN names another account than the one that answers.

        AWS lists nobody's parameters but the caller's own.
        """
        said, found = parameters.arn(wanted.path), parameters.arn(given)
        if said and found and said.account != found.account:
            detail = f"the identity is of account {found.account}, which has others below it"
            advice = "name the parameters one by one, which their account must share"
            self._refuse(wanted, detail, advice)

    def _invalid(self, wanted: Wanted, problem: str) -> InvalidSecretData:
        return InvalidSecretData(self.name, wanted.path, problem)


def _page(wanted: Wanted, token: str) -> dict[str, Any]:
    label = {"Key": "Label", "Option": "Equals", "Values": [wanted.version]}
    return {
        "Path": parameters.hierarchy(wanted.path),
        "Recursive": True,
        **({"ParameterFilters": [label]} if wanted.version else {}),
        "WithDecryption": True,
        "MaxResults": _MOST,
        **({"NextToken": token} if token else {}),
    }


def _parameter(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise _garbled()
    if not isinstance(found.get("Name"), str) or not isinstance(found.get("Value"), str):
        raise _garbled()
    return found


def _garbled() -> ProviderUnavailable:
    return ProviderUnavailable(_NAME, "its answer has no parameter with name and value")


def _key(name: str, path: str) -> str:
    """The name below the path, with `_` for each `/`, which no key of a Secret may have."""
    below = parameters.hierarchy(path).rstrip("/") + "/"
    return name.removeprefix(below).replace("/", "_")


def _twice(key: str, first: str, second: str) -> str:
    return f"{shown(first)} and {shown(second)} both become key {shown(key)}: rename one of them"


def _nothing(name: str, wanted: Wanted) -> SecretNotFound:
    labelled = f" with the label {shown(wanted.version)}" if wanted.version else ""
    detail = f"no parameter{labelled} is below it"
    advice = "create some there, or correct path or region"
    return SecretNotFound(name, wanted.path, f"in region {wanted.region}", detail, advice)
