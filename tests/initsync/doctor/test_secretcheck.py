"""What the doctor says of the Secret that a pod asks for, by what is stored."""

import base64
from typing import Any

import pytest

from initsync import providers
from initsync.annotation import request
from initsync.doctor import secretcheck
from initsync.sync import secret
from initsync.sync.settings import SyncSettings
from initsync.words import keys, secrettypes
from initsync.words.model import PodRef, Target, targets

NOW = 1_800_000_000.0
PLAIN = "provider: aws-secretsmanager\npath: /db\nsecretName: db\n"
TOGETHER = (
    "secrets:\n"
    "- {provider: aws-secretsmanager, path: /db, secretName: db, keys: [a]}\n"
    "- {provider: aws-secretsmanager, path: /api, secretName: db, keys: [b]}\n"
)


def target(text: str) -> Target:
    (found,) = targets(request.parse(text, PodRef("shop", "web", "1"), providers))
    return found


def stored(text: str, version: str = "", **more: Any) -> dict[str, Any]:
    """As a sync of that annotation leaves it."""
    data = {"password": "pl4nted"}
    return secret.secret(target(text), data, version, None, NOW - 60, SyncSettings()) | more


def line(found: Any, text: str = PLAIN) -> str:
    said = str(secretcheck.check(found, target(text), (keys.MANAGED_BY_DEFAULT,), NOW))
    assert "pl4nted" not in said
    assert base64.b64encode(b"pl4nted").decode() not in said
    return said


def test_what_a_sync_wrote_is_right() -> None:
    assert line(stored(PLAIN)) == (
        "ok      secret: shop/db is Opaque, managed by caronte, written 1m ago "
        "from aws-secretsmanager /db; keys: password (7 bytes)"
    )


def test_of_several_sources_each_is_told_with_its_version() -> None:
    assert line(stored(TOGETHER, "v1\nv2"), TOGETHER) == (
        "ok      secret: shop/db is Opaque, managed by caronte, written 1m ago from "
        "aws-secretsmanager /api, aws-secretsmanager /db, version v1, v2; "
        "keys: password (7 bytes)"
    )


def test_another_source_is_told_with_the_pods() -> None:
    said = line(stored(PLAIN), TOGETHER)

    assert said.startswith("warning secret: shop/db is Opaque")
    assert "; the pod asks for aws-secretsmanager /api, aws-secretsmanager /db; the next" in said


@pytest.mark.parametrize("more", ["keys: [password]", "version: AWSPREVIOUS", "labels: {a: b}"])
def test_the_same_source_asked_for_in_another_way_is_told(more: str) -> None:
    said = line(stored(f"{PLAIN}{more}\n"), PLAIN)

    assert said.startswith("warning secret: shop/db is Opaque")
    assert "was written by an annotation that says other things of it than the pod's now" in said
    assert line(stored(f"{PLAIN}{more}\n"), f"{PLAIN}{more}\n").startswith("ok ")


def test_one_of_another_type_is_to_be_deleted() -> None:
    asked = f"{PLAIN}keys: [tls.crt, tls.key]\ntype: {secrettypes.TLS}\n"

    said = line(stored(PLAIN), asked)

    assert said == (
        "failed  secret: Secret shop/db is of type Opaque and not kubernetes.io/tls and was left "
        "as it is: delete it, for Kubernetes changes no type, or name another secretName"
    )


def test_what_anybody_wrote_on_it_is_bounded_and_one_line() -> None:
    found = stored(PLAIN)
    nasty = "\x1b[2J\n" + "x" * 100_000
    found["metadata"]["annotations"] |= {keys.SOURCE_PATH: nasty, keys.VERSION: nasty}

    said = line(found)

    assert len(said) < 2500
    assert said.isprintable()
