"""A person's login: the program gcloud, which no pod asks."""

from pathlib import Path

import pytest

from initsync.network.transport import Network
from initsync.providers.gcp.secretmanager import Provider
from initsync.words.errors import NoIdentity
from tests.initsync.providers.fake_cloud import signed
from tests.initsync.providers.gcp.fake_gcp import GSA, NOW, PROJECT, SCOPE, FakeGcp

PATH = f"projects/{PROJECT}/secrets/db"
PROGRAM = """#!/bin/sh
case "$*" in
"auth print-access-token") echo "$TOKEN" ;;
"auth application-default print-access-token") echo "$TOKEN" ;;
"config get-value account") echo person@example.com ;;
*) echo "no $*" >&2; exit 2 ;;
esac
"""
TOKEN = "ya29." + signed({"who": GSA, "scope": SCOPE})


def person(gcp: FakeGcp, network: Network, directory: Path, **env: str) -> Provider:
    own = {"TOKEN": TOKEN, "PATH": str(directory)}
    return Provider(own | env, lambda: float(NOW), network, sdk=True)


def install(directory: Path, text: str = PROGRAM) -> None:
    program = directory / "gcloud"
    program.write_text(text)
    program.chmod(0o755)


def test_its_login_asks(gcp: FakeGcp, network: Network, tmp_path: Path) -> None:
    install(tmp_path)
    gcp.put("db", b"pl4nted")
    provider = person(gcp, network, tmp_path)

    assert provider.fetch(PATH).content == b"pl4nted"
    assert provider.whoami(PATH) == "person@example.com, by gcloud"
    assert gcp.requests("metadata") == []


def test_a_key_of_an_account_is_gclouds_to_use(
    gcp: FakeGcp, network: Network, tmp_path: Path
) -> None:
    install(tmp_path)
    file = gcp.configuration(type="service_account")
    gcp.put("db", b"pl4nted")

    provider = person(gcp, network, tmp_path, **file)

    assert provider.fetch(PATH).content == b"pl4nted"
    assert provider.whoami(PATH) == "the application default credentials, by gcloud"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "gcloud: not installed"),
        ("#!/bin/sh\necho 'You are not logged in' >&2; exit 1\n", "gcloud: You are not logged in"),
        ("#!/bin/sh\nexit 0\n", "gcloud: it gave no token"),
        ("#!/nonesuch\n", "gcloud: No such file or directory"),
    ],
)
def test_without_one_it_says_what_to_do(
    gcp: FakeGcp, network: Network, tmp_path: Path, text: str, said: str
) -> None:
    if text:
        install(tmp_path, text)

    with pytest.raises(NoIdentity, match="log in by gcloud auth login") as caught:
        person(gcp, network, tmp_path).fetch(PATH)

    assert said in str(caught.value)


def test_a_file_that_gcloud_cannot_use_is_to_be_unset(
    gcp: FakeGcp, network: Network, tmp_path: Path
) -> None:
    install(tmp_path, "#!/bin/sh\necho 'not a key' >&2; exit 1\n")
    file = gcp.configuration(type="service_account")
    advice = "gcloud: not a key.*unset GOOGLE_APPLICATION_CREDENTIALS and log in by gcloud"

    with pytest.raises(NoIdentity, match=advice):
        person(gcp, network, tmp_path, **file).fetch(PATH)
