"""Signatures: AWS's published vectors, and botocore as the oracle for everything else (D3)."""

import calendar
import datetime
from typing import Any
from unittest import mock

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from initsync.providers.aws.sigv4 import Credentials, canonical_request, sign

# The AWS Signature Version 4 test suite: its key, its clock, its service, and the signatures of
# its cases without query and with headers that this signer takes.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
SUITE_KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SUITE_CLOCK = float(calendar.timegm((2015, 8, 30, 12, 36, 0)))
SUITE: dict[str, tuple[str, dict[str, str], bytes, str]] = {
    "get-vanilla": (
        "GET",
        {},
        b"",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "post-vanilla": (
        "POST",
        {},
        b"",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    "post-header-key-sort": (
        "POST",
        {"my-header1": "value1"},
        b"",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-header-value-case": (
        "POST",
        {"my-header1": "VALUE1"},
        b"",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    "post-x-www-form-urlencoded": (
        "POST",
        {"content-type": "application/x-www-form-urlencoded"},
        b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
}


@pytest.mark.parametrize("case", SUITE)
def test_a_published_vector(case: str) -> None:
    method, headers, body, signature = SUITE[case]

    signed = sign(
        method,
        "/",
        {"host": "example.amazonaws.com", **headers},
        body,
        SUITE_KEY,
        "us-east-1",
        "service",
        SUITE_CLOCK,
    )

    assert signed["authorization"].endswith(f"Signature={signature}")


def botocore_signed(
    method: str, headers: dict[str, str], body: bytes, key: Credentials, region: str, now: float
) -> tuple[str, dict[str, str]]:
    """Canonical request and headers of botocore's own signer at that clock."""
    frozen = datetime.datetime.fromtimestamp(now, datetime.UTC).replace(tzinfo=None)
    credentials = BotocoreCredentials(
        key.access_key_id, key.secret_access_key, key.session_token or None
    )
    signer = botocore.auth.SigV4Auth(credentials, "secretsmanager", region)
    request = AWSRequest(method, f"https://{headers['host']}/", dict(headers), body)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=frozen):
        signer.add_auth(request)
    found: dict[str, Any] = {name.lower(): value for name, value in request.headers.items()}
    unsigned = {name: value for name, value in found.items() if name != "authorization"}
    canonical = AWSRequest(method, request.url, unsigned, body)
    canonical.context["timestamp"] = found["x-amz-date"]
    return signer.canonical_request(canonical), found


PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
VALUES = st.lists(PRINTABLE, min_size=1, max_size=3).map("  ".join)
NAMES = st.sampled_from(["x-amz-target", "content-type", "x-custom", "accept-encoding"])


@given(
    headers=st.dictionaries(NAMES, VALUES),
    body=st.binary(max_size=200),
    token=st.one_of(st.just(""), PRINTABLE),
    secret=PRINTABLE,
    region=st.sampled_from(["us-east-1", "eu-central-2", "cn-north-1", "us-gov-west-1"]),
    now=st.integers(0, 4_000_000_000),
)
def test_botocore_signs_the_same(
    headers: dict[str, str], body: bytes, token: str, secret: str, region: str, now: int
) -> None:
    key = Credentials("AKIDEXAMPLE", secret, token)
    sent = {"host": f"secretsmanager.{region}.amazonaws.com", **headers}

    canonical, theirs = botocore_signed("POST", sent, body, key, region, now)
    ours = sign("POST", "/", sent, body, key, region, "secretsmanager", now)

    unsigned = {name: value for name, value in ours.items() if name != "authorization"}
    assert canonical_request("POST", "/", unsigned, body) == canonical
    assert ours == {name: theirs[name] for name in ours}


def test_credentials_never_print_their_secret_parts() -> None:
    key = Credentials(
        "AKIDEXAMPLE", "pl4nted-secret", "pl4nted-token", role="arn:aws:iam::1:role/a"
    )

    assert repr(key) == "Credentials(arn:aws:iam::1:role/a, keys redacted)"
    assert "pl4nted" not in f"{key} {key!r} {[key]}"
