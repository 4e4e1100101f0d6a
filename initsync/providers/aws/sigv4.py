"""AWS Signature Version 4 for one request with a body, no query and the headers given.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import time
from collections.abc import Mapping

_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials:
    """Keys of one identity. The printed form shows no secret part."""

    __slots__ = ("access_key_id", "expires", "role", "secret_access_key", "session_token", "static")

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: str,
        session_token: str = "",
        expires: float = float("inf"),
        role: str = "",
        *,
        static: bool = False,
    ) -> None:
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.session_token = session_token
        self.expires = expires
        """Seconds since 1970 at which the credentials end."""
        self.role = role or f"the AWS access key {access_key_id}"
        """The role, or else the access key, as messages name it."""
        self.static = static
        """Whether somebody wrote the keys down, so that no new pod brings others."""

    def __repr__(self) -> str:
        return f"Credentials({self.role}, keys redacted)"


def sign(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    region: str,
    service: str,
    now: float,
) -> dict[str, str]:
    """`headers` (names in lower case, `host` among them) with the ones that sign them.

    `path` is already URI-encoded; `now` is epoch seconds.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    signed = {**headers, "x-amz-date": stamp}
    if credentials.session_token:
        signed["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(signed))
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    digest = _sha256(canonical_request(method, path, signed, body).encode())
    key = _signing_key(credentials.secret_access_key, stamp[:8], region, service)
    signature = _hmac(key, f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}").hex()
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return signed


def canonical_request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    """The text whose digest is signed."""
    names = sorted(headers)
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    return "\n".join((method, path, "", lines, ";".join(names), _sha256(body)))


def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, message: str) -> bytes:
    return hmac.digest(key, message.encode(), hashlib.sha256)


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
