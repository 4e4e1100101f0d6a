"""What the doctor says of the secrets that it reads: a line for each Secret, never a value."""

from collections.abc import Mapping

import pytest

from initsync import providers
from initsync.annotation import request
from initsync.doctor import read
from initsync.doctor.diagnoses import SECRET, Part
from initsync.doctor.result import failure
from initsync.words.errors import SecretNotFound
from initsync.words.model import ExternalSecret, PodRef, targets

HELD: Mapping[str, str | bytes] = {
    "/db": '{"user": "pl4nted", "password": "pl4nted"}',
    "/api": '{"token": "pl4nted", "user": "pl4nted"}',
    "/raw": b"\xffpl4nted",
    "/many": "{" + ", ".join(f'"k{number:03}": "pl4nted"' for number in range(90)) + "}",
}


class Shelf:
    """A provider, and what was asked of it."""

    name = "aws-secretsmanager"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        self.asked.append((path, version))
        if path not in HELD:
            raise SecretNotFound("aws-secretsmanager", path)
        return ExternalSecret(HELD[path], path, "aws-secretsmanager")

    def whoami(self, path: str) -> str:
        raise NotImplementedError


def entry(path: str, name: str, more: str = "") -> str:
    return f"- {{provider: aws-secretsmanager, path: {path}, secretName: {name}{more}}}\n"


def lines(text: str, shelf: Shelf | None = None, *, whole: bool = True) -> list[str]:
    entries = request.parse(text, PodRef("shop", "web", "1"), providers)
    parts = [Part(target, whole) for target in targets(entries)]
    found = read.each(shelf or Shelf(), parts, "read by you", lambda it: failure(SECRET, it))
    told = [str(one) for one in found]
    assert "pl4nted" not in "".join(told)
    return told


def test_one_secret_of_three_fields_is_told_by_its_path() -> None:
    text = "provider: aws-secretsmanager\npath: /db\nsecretName: db\n"

    assert lines(text) == ["ok      cloud-secret: /db has 2 keys: password, user, read by you"]


def test_of_a_list_each_secret_is_told_with_the_keys_that_it_would_have() -> None:
    shelf = Shelf()
    text = "secrets:\n" + entry("/db", "db", ", keys: [user: DB_USER], version: v1")
    text += entry("/db", "other") + entry("/raw", "raw", ", format: binary, keys: [store.jks]")

    assert lines(text, shelf) == [
        "ok      cloud-secret: /db gives Secret db 1 key: DB_USER, read by you",
        "ok      cloud-secret: /db gives Secret other 2 keys: password, user, read by you",
        "ok      cloud-secret: /raw gives Secret raw 1 key: store.jks, read by you",
    ]
    assert shelf.asked[0] == ("/db", "v1")


def test_entries_that_fill_one_secret_are_judged_together() -> None:
    good = "secrets:\n" + entry("/db", "db") + entry("/api", "db", ", keys: [token]")
    bad = "secrets:\n" + entry("/db", "db") + entry("/api", "db")

    assert lines(good) == [
        "ok      cloud-secret: /api, /db together give Secret db 3 keys: password, token, user, "
        "read by you"
    ]
    (line,) = lines(bad)
    assert line.startswith("failed  cloud-secret: the secret at aws-secretsmanager path '/db'")
    assert "key 'user' is given by aws-secretsmanager /api too: choose with keys" in line


def test_each_source_that_is_wrong_is_told_and_no_neighbour_is_kept_from_being_read() -> None:
    text = "secrets:\n" + entry("/none", "db") + entry("/gone", "db") + entry("/api", "api")

    gone, missing, api = lines(text)

    assert "no secret at path '/none'" in missing
    assert "no secret at path '/gone'" in gone
    assert api.startswith("ok      cloud-secret: /api gives Secret api 2 keys")


@pytest.mark.parametrize(
    ("more", "whole", "said"),
    [
        (", type: kubernetes.io/basic-auth, keys: [user: username]", True, "ok      "),
        (", type: kubernetes.io/tls", True, "a Secret of type kubernetes.io/tls must have the key"),
        (", type: kubernetes.io/tls", False, "ok      "),
        (", keys: [nope]", True, "it has no 'nope'; there are 'password', 'user'"),
    ],
)
def test_types_and_keys_are_judged_as_a_sync_does(more: str, whole: bool, said: str) -> None:
    """Of a type where nothing of the Secret is from elsewhere."""
    (line,) = lines("secrets:\n" + entry("/db", "db", more), whole=whole)

    assert said in line


def test_of_many_keys_the_first_are_told() -> None:
    (line,) = lines("provider: aws-secretsmanager\npath: /many\nsecretName: db\n")

    assert "/many has 90 keys: k000, k001" in line
    assert "k019 and 70 more, read by you" in line
