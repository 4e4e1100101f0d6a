"""Answers that nobody at Google gives: a proxy's page, half an answer, another host."""

import gzip
import json

import pytest

from initsync.providers.gcp import crc32c
from initsync.words.errors import ProviderUnavailable
from tests.initsync.providers.gcp.conftest import Make
from tests.initsync.providers.gcp.fake_gcp import PROJECT, FakeGcp, payload

PATH = f"projects/{PROJECT}/secrets/db"
NAME = "projects/123456789012/secrets/db/versions/1"
GOOD = payload(NAME, b"pl4nted")
RAW = json.dumps(GOOD).encode()
BAD = {
    "a page": b"<html>pl4nted</html>",
    "half an answer": RAW[:-5],
    "nothing": b"",
    "a list": b'["pl4nted"]',
    "no UTF-8": b'{"name": "\xff"}',
    "deep": b'{"name": ' + b"[" * 60_000,
    "many parts": b'{"name": "x", "x": [' + b"1," * 80_000 + b"1]}",
    "gzip that nobody asked for": gzip.compress(RAW),
}
WRONG = {
    "no base64": ({"name": NAME, "payload": {"data": "pl4nted!"}}, "no base64"),
    "base64 cut off": ({"name": NAME, "payload": {"data": "cGw0bnR"}}, "no base64"),
    "no version": ({"payload": {"data": ""}}, "without a secret's version"),
    "no payload": ({"name": NAME}, "without a secret's version"),
    "damaged": (payload(NAME, b"pl4nted", 7), "damaged on the way"),
    "a checksum of another kind": (
        payload(NAME, b"pl4nted")
        | {"payload": {"data": "cGw0bnRlZA==", "dataCrc32c": ["pl4nted"]}},
        "damaged on the way",
    ),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_an_answer_that_is_none_is_tried_again(gcp: FakeGcp, make: Make, body: bytes) -> None:
    gcp.will("secret", 200, body)

    with pytest.raises(ProviderUnavailable, match="HTTP 200, no answer of Google") as caught:
        make().fetch(PATH)

    assert "pl4nted" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(("body", "said"), WRONG.values(), ids=WRONG)
def test_so_is_one_that_is_not_whole(
    gcp: FakeGcp, make: Make, body: dict[str, object], said: str
) -> None:
    gcp.will("secret", 200, body)

    with pytest.raises(ProviderUnavailable, match=said) as caught:
        make().fetch(PATH)

    assert "pl4nted" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("body", [BAD["a page"], BAD["half an answer"], BAD["many parts"]])
@pytest.mark.parametrize("kind", ["metadata", "sts", "iam"])
def test_so_are_those_about_who_asks(gcp: FakeGcp, make: Make, kind: str, body: bytes) -> None:
    env = {} if kind == "metadata" else gcp.impersonating()
    gcp.will(kind, 200, body)

    said = r"no answer of Google|it gave no token|is larger than"
    with pytest.raises(ProviderUnavailable, match=said) as caught:
        make(**env).fetch(PATH)

    assert "pl4nted" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("token", ["", "a\r\nx: y", "\xfc", 5, None])
def test_a_token_that_no_header_can_hold_is_none(gcp: FakeGcp, make: Make, token: object) -> None:
    gcp.will("metadata", 200, {"access_token": token, "expires_in": 3599})

    with pytest.raises(ProviderUnavailable, match="it gave no token"):
        make().fetch(PATH)


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize("kind", ["metadata", "sts", "iam", "secret"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(gcp: FakeGcp, make: Make, kind: str, status: int) -> None:
    env = {} if kind == "metadata" else gcp.impersonating()
    gcp.will(kind, status, b"", Location="https://evil.example/")

    with pytest.raises(ProviderUnavailable, match=f"HTTP {status}, "):
        make(**env).fetch(PATH)

    order = ["sts.googleapis.com:443", "iamcredentials.googleapis.com:443"]
    order.append("secretmanager.googleapis.com:443")
    number = {"metadata": 0, "sts": 1, "iam": 2, "secret": 3}[kind]
    assert gcp.tunnels == order[:number]


def test_an_answer_in_chunks_is_one(gcp: FakeGcp, make: Make) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, RAW[i : i + 1]) for i in range(len(RAW)))
    gcp.will("secret", 200, chunks + b"0\r\n\r\n", Transfer_Encoding="chunked")

    assert make().fetch(PATH).content == b"pl4nted"


def test_a_value_larger_than_google_has_today_is_one(gcp: FakeGcp, make: Make) -> None:
    body = payload(NAME, b"pl4nted" * 115_000, crc32c.checksum(b"pl4nted" * 115_000))
    gcp.will("secret", 200, body)

    assert len(make().fetch(PATH).content) == 805_000


def test_an_answer_without_a_checksum_is_one(gcp: FakeGcp, make: Make) -> None:
    gcp.will("secret", 200, {"name": NAME, "payload": {"data": "cGw0bnRlZA=="}})

    assert make().fetch(PATH).content == b"pl4nted"


def test_a_value_of_no_bytes_is_one(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"")

    assert make().fetch(PATH).content == b""


@pytest.mark.parametrize(("kind", "size"), [("metadata", 200_000), ("secret", 3_000_000)])
def test_what_is_larger_than_anything_is_not_read(
    gcp: FakeGcp, make: Make, kind: str, size: int
) -> None:
    gcp.will(kind, 200, b" " * size)

    with pytest.raises(ProviderUnavailable, match="the answer is larger than"):
        make().fetch(PATH)
