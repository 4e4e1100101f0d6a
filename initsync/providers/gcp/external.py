"""Workload identity federation outside of GKE, as a credential configuration file says it.

The pod's own token goes to Google STS, and what that gives may become a Google service account.
https://google.aip.dev/auth/4117,
https://cloud.google.com/iam/docs/workload-identity-federation-with-kubernetes
"""

import base64
import json
import os.path
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from initsync.network.transport import Connection
from initsync.providers.bearer import Bearer, lasts, usable
from initsync.providers.gcp import api, universe
from initsync.words import keys
from initsync.words.errors import InvalidSetup, NoIdentity
from initsync.words.wording import printable, shortened, shown

_LIMIT = 65_536  # bytes of a file
_LIFETIME = 3600  # seconds, as Google's own clients ask for
_KIND = "external_account"
_MAKE = "make it by gcloud iam workload-identity-pools create-cred-config --credential-source-file"
_JWT = "urn:ietf:params:oauth:token-type:jwt"
_SHOWN = 200  # bytes of a name


class Configuration(NamedTuple):
    """A credential configuration, as its file says it."""

    file: str
    """The name of the file itself."""
    wanted: api.Exchange
    token_url: str
    subject_file: str
    subject_field: str
    """The field of the JSON object in the subject's file; empty: the file is the token."""
    impersonation_url: str
    lifetime: int
    """Seconds of the service account's token."""

    @property
    def account(self) -> str:
        """The service account that it becomes; empty where none."""
        name = self.impersonation_url.rpartition("/")[2].partition(":")[0]
        return shortened(printable(name), _SHOWN)


def configuration(file: str, env: Mapping[str, str]) -> Configuration:
    """What `file` says. Raises InvalidSetup."""
    found = _object(file)
    kind, within = found.get("type"), universe.domain(env)
    if kind != _KIND:
        problem = f"{file} is of the type {shown(str(kind))}, and not {_KIND}"
        raise InvalidSetup(problem, f"pods have no keys of people or accounts: {_MAKE}")
    source = found.get("credential_source")
    subject, field = _source(file, source if isinstance(source, dict) else {})
    own = found.get("universe_domain") or within
    if own != within:
        problem = f"{file} has the universe_domain {shown(str(own))}, the platform {within}"
        raise InvalidSetup(problem, f"have the platform set {universe.UNIVERSE}")
    become = _url(file, found, "service_account_impersonation_url", within)
    kind = _text(file, found, "subject_token_type", _JWT)
    wanted = api.Exchange(_text(file, found, "audience"), kind, bool(become))
    token_url = _url(file, found, "token_url", within) or f"https://sts.{within}/v1/token"
    return Configuration(file, wanted, token_url, subject, field, become, _lifetime(found))


def bearer(read: Configuration, connect: Callable[[str], Connection], now: float) -> Bearer:
    """The token that it leads to. Raises NoIdentity and ProviderUnavailable."""
    subject = _subject(read)
    try:
        answer = api.exchanged(connect(read.token_url), read.wanted, subject)
        token, who = str(answer["access_token"]), _principal(read, subject)
        if not read.impersonation_url:
            return Bearer(token, now + lasts(answer), who)
        given = api.impersonated(connect(read.impersonation_url), token, read.lifetime)
    except api.Refusal as error:
        from initsync.providers.gcp import failures  # a good sync never loads it

        raise failures.of_login(error, read.account, _principal(read, subject)) from error
    who = f"Google service account {read.account}"
    return Bearer(str(given["accessToken"]), now + read.lifetime, who)


def _object(file: str) -> Mapping[str, Any]:
    try:
        with open(file, encoding="utf-8") as stream:
            found = json.loads(stream.read(_LIMIT))
    except OSError as error:
        problem = f"cannot read the credential configuration {file} ({error.strerror})"
        raise InvalidSetup(problem, _MAKE) from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidSetup(f"{file} is no credential configuration in JSON", _MAKE)
    return found


def _source(file: str, source: Mapping[str, Any]) -> tuple[str, str]:
    """The subject's file, and the field of it."""
    subject, given = source.get("file"), source.get("format")
    form: Mapping[str, Any] = given if isinstance(given, dict) else {}
    if not isinstance(subject, str) or not subject:
        found = ", ".join(sorted(map(str, source))) or "nothing"
        problem = f"credential_source of {file} has {shown(found)}, but a pod's token is a file"
        raise InvalidSetup(problem, _MAKE)
    if form.get("type", "text") == "text":
        return subject, ""
    field = form.get("subject_token_field_name")
    if form.get("type") != "json" or not isinstance(field, str) or not field:
        problem = f"the format of the credential_source of {file} is not known"
        raise InvalidSetup(problem, "make it text, or json with a subject_token_field_name")
    return subject, field


def _url(file: str, found: Mapping[str, Any], name: str, within: str) -> str:
    url = found.get(name)
    if not url:
        return ""
    if problem := universe.refused(str(url), within):
        advice = f"correct it, or have the platform set {universe.UNIVERSE}"
        raise InvalidSetup(f"{name} of {file}: {problem}, and a token is sent there", advice)
    return str(url)


def _text(file: str, found: Mapping[str, Any], name: str, default: str = "") -> str:
    text = found.get(name) or default
    if not isinstance(text, str) or not text:
        raise InvalidSetup(f"{file} has no {name}", _MAKE)
    return text


def _lifetime(found: Mapping[str, Any]) -> int:
    options = found.get("service_account_impersonation")
    said = options.get("token_lifetime_seconds") if isinstance(options, dict) else None
    return said if isinstance(said, int) and 0 < said <= 43_200 else _LIFETIME


def _subject(read: Configuration) -> str:
    """The pod's token for Google, read anew each time. Raises NoIdentity.

    Never the one for the Kubernetes API: with that, one is the ServiceAccount there.
    """
    file = read.subject_file
    tried = f"credential configuration {read.file}: cannot use {file}"
    if os.path.realpath(file) == os.path.realpath(f"{keys.SERVICEACCOUNT_DIR}/token"):
        why = "it is the ServiceAccount's own, which only the Kubernetes API gets"
        raise NoIdentity([f"{tried} ({why})"], _PROJECTED)
    try:
        with open(file, encoding="utf-8") as stream:
            text = stream.read(_LIMIT).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not a token"
        raise NoIdentity([f"{tried} ({why})"], _PROJECTED) from None
    token = _field(text, read.subject_field) if read.subject_field else text
    if not usable(token):
        raise NoIdentity([f"{tried} (it holds no token)"], _PROJECTED)
    return token


_PROJECTED = (
    "have the platform project a token of its own for that audience into jasm-init (the chart's "
    "injection.tokens), and name its file in credential_source"
)


def _field(text: str, name: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""


def _principal(read: Configuration, subject: str) -> str:
    """The principal as IAM names it, where the pool maps google.subject to the token's `sub`."""
    pool = read.wanted.audience.partition("/providers/")[0].removeprefix("//")
    named = shortened(printable(pool), _SHOWN)
    return f"principal://{named}/subject/{_claim(subject)}"


def _claim(token: str) -> str:
    part = token.partition(".")[2].partition(".")[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        found = None
    said = found.get("sub") if isinstance(found, dict) else None
    return shortened(printable(said), _SHOWN) if isinstance(said, str) else "UNKNOWN"
