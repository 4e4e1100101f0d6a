"""The calls to AWS's services, and the plain answers or failures that may come back.

Two protocols: JSON 1.1 (Secrets Manager, Parameter Store) and query (STS, whose answer is XML).
https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

import datetime
import json
from _thread import allocate_lock
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from initsync.network.transport import Connection, Network, Response, TransportError
from initsync.network.trust import System, trusting
from initsync.providers.aws import container, endpoints
from initsync.providers.aws.sigv4 import Credentials, sign
from initsync.words.errors import InvalidSetup, ProviderUnavailable
from initsync.words.wording import shortened, shown

if TYPE_CHECKING:  # few entries name one
    from initsync.providers.aws import roles

# https://github.com/boto/botocore/blob/develop/botocore/retries/standard.py and, for the last
# line, the services' own errors that their documentation calls worth another try.
_TRANSIENT = frozenset(
    [
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled"),
        *("RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded"),
        *("ProvisionedThroughputExceededException", "TransactionInProgressException"),
        *("BandwidthLimitExceeded", "LimitExceededException", "PriorRequestNotComplete"),
        *("SlowDown", "EC2ThrottledException", "RequestTimeout", "RequestTimeoutException"),
        *("IDPCommunicationError", "InternalServiceError", "InternalFailure"),
        *("InternalServerError", "ServiceUnavailable"),
    ]
)
LIMIT = 2_097_152
"""Bytes of an answer; a secret is 65,536 bytes at most, ten parameters are 81,920 together, and six
times that where JSON escapes each.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html"""
CREDENTIALS_LIMIT = 65_536
"""The most bytes of an answer with credentials, which has some kilobytes."""
_PARTS = 90_000  # commas and brackets, in the secret's own text too: no more than it has bytes
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_DATE = "%a, %d %b %Y %H:%M:%S GMT"  # https://www.rfc-editor.org/rfc/rfc9110#name-date
FORM = "application/x-www-form-urlencoded; charset=utf-8"
"""The content type of the query protocol."""
_SHOWN = 600
"""Bytes of AWS's own message: an access-denied one has three ARNs, and its reason at the end."""


class ServiceError(Exception):
    """AWS's answer is a definite no. `code` is AWS's own, without its namespace.

    `ahead`: seconds by which the clock here was ahead of AWS's, where its answer says.
    """

    def __init__(self, code: str, message: str, status: int, ahead: float | None = None) -> None:
        self.code = code
        self.message = shortened(message, _SHOWN)
        self.status = status
        self.ahead = ahead
        super().__init__(f"{code}: {self.message}")


class Services:
    """AWS's, each in its region: one connection a host, however many ask at once."""

    def __init__(self, env: Mapping[str, str], network: Network) -> None:
        self._env = env
        self._network = network
        bundle = env.get("AWS_CA_BUNDLE")
        self._tls = cache(lambda: trusting(bundle)) if bundle else System()
        self._opening = allocate_lock()
        self.connections: dict[tuple[str, str], Connection] = {}
        """The open connections, by service and region."""

    def valid(self, service: str, region: str) -> str:
        """`region`, where the service may be asked there. Raises InvalidSetup."""
        if not endpoints.usable_region(service, region, self._env):
            problem = f"{shown(region)} is no AWS region"
            raise InvalidSetup(problem, "set one, such as eu-west-1")
        return region

    def connection(self, service: str, region: str) -> Connection:
        """The one to the service there. Raises InvalidSetup where there can be none."""
        place = (service, self.valid(service, region))
        with self._opening:
            if place not in self.connections:
                url = endpoints.base_url(service, region, self._env)
                shared = (found for found in self.connections.values() if found.url == url)
                opened = next(shared, None) or self._network.proxied(url, self._tls, LIMIT)
                self.connections[place] = opened
            return self.connections[place]

    def direct(self, url: str, timeout: float) -> Connection:
        """One past any proxy, to who gives credentials beside the container."""
        return self._network.direct(url, self._tls, timeout, CREDENTIALS_LIMIT)


class Wanted(NamedTuple):
    """What a service is asked for."""

    path: str
    region: str
    version: str = ""
    """As the entry has it; empty: the current one."""
    role: "roles.Role | None" = None
    """That the pod's own assumes for it."""
    sts: str = ""
    """The region whose STS is asked; empty: the usual one."""


class Operation(NamedTuple):
    """What a service that speaks JSON can be asked."""

    service: str
    """As endpoints and signatures name it."""
    name: str
    """The service's name in messages."""
    target: str


def ask(
    connection: Connection,
    operation: Operation,
    parameters: Mapping[str, Any],
    credentials: Credentials,
    region: str,
    now: float,
) -> dict[str, Any]:
    """The service's answer. Raises ServiceError and ProviderUnavailable."""
    body = json.dumps(parameters).encode()
    headers = {
        "host": connection.authority,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": operation.target,
    }
    path = connection.prefix + "/"
    signed = sign("POST", path, headers, body, credentials, region, operation.service, now)
    response = post(connection, operation.name, signed, body)
    answer = response.json_object(_PARTS)
    if response.status == 200 and answer is not None:
        return answer
    answer = answer or {}
    code = str(answer.get("__type") or response.headers.get("x-amzn-errortype") or "")
    code = code.partition(":")[0].rpartition("#")[2]
    message = str(answer.get("message") or answer.get("Message") or "")
    raise failure(operation.name, response, code, message, now)


def assume_role_with_web_identity(
    connection: Connection, role: str, session: str, token: str, now: float
) -> Credentials:
    """What STS gives for a token; the request is not signed.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    Raises ServiceError and ProviderUnavailable.
    """
    parameters = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": role,
        "RoleSessionName": session,
        "WebIdentityToken": token,
    }
    body = urlencode(parameters).encode()
    return assumed(post(connection, "AWS STS", {"content-type": FORM}, body), role, now)


def assumed(response: Response, role: str, now: float) -> Credentials:
    """What STS gives who wants to be `role`. Raises ServiceError and ProviderUnavailable."""
    text = response.body.decode(errors="replace")
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    found = {name: value for name in names if (value := element(text, name))}
    if response.status == 200 and len(found) == len(names):
        key, secret, token, expiration = found.values()
        try:
            return Credentials(key, secret, token, container.end(expiration), role)
        except ValueError:
            detail = "it gave credentials without a date at which they end"
            raise ProviderUnavailable("AWS STS", detail) from None
    code, message = element(text, "Code"), element(text, "Message")
    raise failure("AWS STS", response, code, message, now)


def post(connection: Connection, service: str, headers: Mapping[str, str], body: bytes) -> Response:
    """The answer to a request that is already signed. Raises ProviderUnavailable."""
    try:
        return connection.request("POST", "/", headers, body)
    except TransportError as error:
        raise ProviderUnavailable(service, str(error)) from error


def failure(service: str, response: Response, code: str, message: str, now: float) -> Exception:
    """ServiceError, or ProviderUnavailable where another try may help."""
    if code and code not in _TRANSIENT and 400 <= response.status < 500 and response.status != 429:
        return ServiceError(code, message, response.status, _ahead(response, now))
    said = f"{code}: {shortened(message, _SHOWN)}" if code else "no answer of an AWS service"
    return ProviderUnavailable(service, f"HTTP {response.status}, {said}", response.retry_after)


def _ahead(response: Response, now: float) -> float | None:
    try:
        date = datetime.datetime.strptime(response.headers.get("date", ""), _DATE)
    except ValueError:
        return None
    return now - date.replace(tzinfo=datetime.UTC).timestamp()


def element(xml: str, name: str) -> str:
    """The text of the first element of that name.

    Not an XML parser: these answers are flat, and importing one costs every pod start 6 ms.
    """
    found, _, end = xml.partition(f"<{name}>")[2].partition("<")
    text = found.strip() if end.startswith(f"/{name}>") else ""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text
