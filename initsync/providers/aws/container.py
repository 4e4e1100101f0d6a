"""Credentials from an endpoint beside the container: EKS Pod Identity and ECS.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

import datetime
import ipaddress
import json
import os.path
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from initsync.network import urls
from initsync.network.transport import Connection, Response, TransportError
from initsync.providers.aws import agents
from initsync.providers.aws.sigv4 import Credentials
from initsync.words import keys
from initsync.words.errors import InvalidSetup, NoIdentity, NoIdentityYet, ProviderUnavailable
from initsync.words.wording import shortened, shown

RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105  # a variable's name
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105  # likewise

TIMEOUT = 2.0
"""Seconds; the endpoint is on the node (botocore has the same)."""

_ECS = "http://169.254.170.2"
_PLACE = "EKS Pod Identity or ECS"
_SHOWN = 400
"""Bytes of the endpoint's own words, of which a request's id is the first forty."""
# An association or a role that was made just now: https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
_SPREADING = (400, 404)
_ADVICE = (
    "check the Pod Identity association of this ServiceAccount, the trust policy of its role and "
    "the agent on the node; if they are right, delete the pod so that admission runs again"
)


def credentials(
    env: Mapping[str, str], connect: Callable[[str, float], Connection]
) -> Credentials | str:
    """The container's own, or why there are none to ask for.

    `connect` opens a URL with a timeout in seconds. Raises NoIdentity and ProviderUnavailable.
    """
    relative, full = env.get(RELATIVE_URI, ""), env.get(FULL_URI, "")
    if not relative and not full:
        return f"{_PLACE}: neither {FULL_URI} nor {RELATIVE_URI} is set"
    url = _ECS + relative if relative else full
    if problem := refused(url):
        return f"{_PLACE}: {problem}"
    try:
        token = _token(env)
    except (OSError, ValueError) as error:
        source = env.get(TOKEN_FILE) or TOKEN
        return f"{_PLACE}: cannot use {source} ({_why_unread(error)})"
    return _answered(url, _asked(url, token, connect))


def refused(url: str) -> str:
    """Why a token may not be sent to `url`; empty where it may."""
    try:
        place = urls.place(url)
    except InvalidSetup as error:
        return str(error)
    if place.secure or place.host in agents.HOSTS or _loopback(place.host):
        return ""
    return f"{shown(urls.without_user(url))} is neither https nor one of {', '.join(agents.HOSTS)}"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _token(env: Mapping[str, str]) -> str:
    if path := env.get(TOKEN_FILE):
        if os.path.realpath(path).startswith(os.path.realpath(keys.SERVICEACCOUNT_DIR) + "/"):
            raise ValueError("it is the ServiceAccount's own, which only the Kubernetes API gets")
        with open(path, encoding="ascii") as file:
            token = file.read()
    else:
        token = env.get(TOKEN, "")
    if "\r" in token or "\n" in token:
        raise ValueError("it has a line break, which no header may have")
    return token


def _why_unread(error: OSError | ValueError) -> str:
    """Python's own words for bytes that are no ASCII show some of them."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not a token"
    return getattr(error, "strerror", None) or str(error)


def _asked(url: str, token: str, connect: Callable[[str, float], Connection]) -> Response:
    place, parts = urls.place(url), urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"accept": "application/json"} | ({"authorization": token} if token else {})
    connection = connect(f"{parts.scheme}://{place.authority}", TIMEOUT)
    try:
        return connection.request("GET", target, headers)
    except TransportError as error:
        raise ProviderUnavailable(_PLACE, str(error)) from error
    finally:
        connection.close()


def _answered(url: str, response: Response) -> Credentials:
    authority = urls.place(url).authority
    if 400 <= response.status < 500 and response.status != 429:
        said = ascii(shortened(response.body.decode(errors="replace"), _SHOWN))
        tried = f"{_PLACE}: {authority} answered {response.status} {said}"
        raise (NoIdentityYet if response.status in _SPREADING else NoIdentity)([tried], _ADVICE)
    try:
        found: Any = json.loads(response.body) if response.status == 200 else {}
        made = [_text(found[name]) for name in ("AccessKeyId", "SecretAccessKey", "Token")]
        expires = end(_text(found["Expiration"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        detail = f"{authority} answered {response.status} without credentials"
        raise ProviderUnavailable(_PLACE, detail, response.retry_after) from None
    role = found.get("RoleArn") or f"the role of {_PLACE}, access key {made[0]}"
    return Credentials(made[0], made[1], made[2], expires, str(role))


def end(text: str) -> float:
    """The epoch seconds of an RFC 3339 time. Raises ValueError for any other text."""
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except OverflowError:
        raise ValueError("a year that no clock has") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value:
        raise TypeError("not the text that it should be")
    return value
