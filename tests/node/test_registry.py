"""The registry that the node's tests pull from, held against what the specification says."""

import hashlib
import io
import json
import tarfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.node.registry import Registry, auth

PASSWORD = "pl4nted-registry"
LAYER = b"a layer" * 1000
LOOPBACK = "127.0.0.1"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """As `docker save` writes it."""
    config = json.dumps({"rootfs": {"diff_ids": [digest(LAYER)]}}).encode()
    manifest = json.dumps([{"Config": "c.json", "Layers": ["l.tar"]}]).encode()
    with tarfile.open(tmp_path / "image.tar", "w") as tar:
        for name, content in (("c.json", config), ("l.tar", LAYER), ("manifest.json", manifest)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return tmp_path / "image.tar"


@pytest.fixture
def registry(archive: Path) -> Iterator[Registry]:
    with Registry(LOOPBACK, archive, PASSWORD) as started:
        yield started


class Answer(NamedTuple):
    status: int
    headers: Message
    content: bytes


def get(registry: Registry, path: str, password: str = PASSWORD, method: str = "GET") -> Answer:
    headers = {"Authorization": f"Basic {auth(password)}"} if password else {}
    asked = urllib.request.Request(f"{registry.url}{path}", headers=headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, refused.headers, refused.read())


@pytest.mark.parametrize("password", ["", "pl4nted-other"])
@pytest.mark.parametrize("path", ["/v2/", "/v2/shop/app/manifests/1", "/v2/shop/app/blobs/x"])
def test_nothing_is_served_without_the_password(
    registry: Registry, path: str, password: str
) -> None:
    answer = get(registry, path, password)

    assert (answer.status, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="registry"'


def test_an_image_is_served_whole_from_its_manifest_on(registry: Registry) -> None:
    _, headers, text = get(registry, "/v2/shop/app/manifests/1")
    manifest = json.loads(text)

    assert headers["Content-Type"] == manifest["mediaType"]
    assert get(registry, f"/v2/shop/app/manifests/{digest(text)}?ns=a").content == text
    (layer,) = manifest["layers"]
    for part in (manifest["config"], layer):
        content = get(registry, f"/v2/shop/app/blobs/{part['digest']}").content
        assert (digest(content), len(content)) == (part["digest"], part["size"])
    assert content == LAYER


def test_a_head_has_the_size_and_no_content(registry: Registry) -> None:
    answer = get(registry, f"/v2/shop/app/blobs/{digest(LAYER)}", method="HEAD")

    assert (answer.headers["Content-Length"], answer.content) == (str(len(LAYER)), b"")


def test_what_is_not_there_is_not_found(registry: Registry) -> None:
    paths = ("/v2/shop/app/manifests/2", "/v2/shop/app/blobs/sha256:0", "/v2/_catalog")

    assert [get(registry, path).status for path in paths] == [404] * 3
    assert get(registry, "/v2/").status == 200


def test_it_tells_what_came_with_each_request(registry: Registry) -> None:
    for password in ("", "pl4nted-other", PASSWORD):
        get(registry, "/v2/shop/app/manifests/1", password)

    assert registry.shown == {"shop/app": ["none", "wrong", "right"]}


def test_a_changed_password_is_the_only_one(registry: Registry) -> None:
    registry.password = "pl4nted-rotated"

    assert get(registry, "/v2/").status == 401
    assert get(registry, "/v2/", registry.password).status == 200
