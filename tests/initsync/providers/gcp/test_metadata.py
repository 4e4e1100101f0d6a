"""The metadata server: who a pod on GKE is, and what it says while it is not ready."""

import socket

import pytest

from initsync.network.transport import Network
from initsync.providers.gcp import metadata
from initsync.providers.gcp.secretmanager import Provider
from initsync.words.errors import JasmError, NoIdentity, NoIdentityYet, ProviderUnavailable
from tests.initsync.providers.gcp.conftest import Make
from tests.initsync.providers.gcp.fake_gcp import GSA, PROJECT, FakeGcp

PATH = f"projects/{PROJECT}/secrets/db"
TEXT = {"Content_Type": "application/text"}
IAM = (
    b"Unable to generate access token; IAM returned 403 Forbidden: Permission "
    b"'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
)


def failing(provider: Provider) -> JasmError:
    with pytest.raises(JasmError) as caught:
        provider.fetch(PATH)
    return caught.value


def test_without_a_word_it_has_googles_own_name() -> None:
    assert metadata.url({}) == "http://metadata.google.internal"


def test_it_is_asked_past_any_proxy(gcp: FakeGcp, make: Make) -> None:
    """The network of these tests names a proxy for http that nobody is at."""
    assert make().whoami(PATH) == f"Google service account {GSA}"
    assert {it.host for it in gcp.asked} == {gcp.metadata}


def test_a_serviceaccount_that_is_asked_for_as_itself_is_of_a_pool(
    gcp: FakeGcp, make: Make
) -> None:
    gcp.email = f"{PROJECT}.svc.id.goog"

    assert make().whoami(PATH) == f"this pod's ServiceAccount in pool {PROJECT}.svc.id.goog"


def test_a_good_sync_does_not_ask_who_it_is(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")

    make().fetch(PATH)

    assert [it.target.partition("?")[0].rpartition("/")[2] for it in gcp.requests("metadata")] == [
        "token"
    ]


def test_a_denial_is_told_although_it_does_not_say_whose_token_it_gave(
    gcp: FakeGcp, make: Make
) -> None:
    gcp.readers.clear()
    provider = make()
    provider.prepare(PATH)
    gcp.will("metadata", 503, b"busy", **TEXT)

    assert "refused this pod's ServiceAccount (IAM_" in str(failing(provider))


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, b"404 page not found\n"), (500, b""), (503, b"not ready"), (429, b"slow down")],
)
def test_while_it_is_not_ready_it_is_asked_again(
    gcp: FakeGcp, make: Make, status: int, said: bytes
) -> None:
    gcp.will("metadata", status, said, **TEXT)

    error = failing(make())

    assert isinstance(error, ProviderUnavailable)
    assert f"the metadata server did not answer (1 attempt in 0.0 s): HTTP {status}" in str(error)


def test_before_it_listens_it_is_asked_again(make: Make) -> None:
    error = failing(make(GCE_METADATA_HOST="127.0.0.1:1"))

    assert isinstance(error, ProviderUnavailable)
    assert "in a pod's first seconds it is not ready" in str(error)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_what_iam_refuses_to_it_is_no_identity_yet(gcp: FakeGcp, make: Make, status: int) -> None:
    gcp.will("metadata", status, IAM, **TEXT)

    error = failing(make())

    assert isinstance(error, NoIdentityYet)
    assert "IAM returned 403 Forbidden" in str(error)
    assert "roles/iam.workloadIdentityUser" in str(error)


def test_outside_of_google_there_is_none(
    gcp: FakeGcp, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)

    error = failing(make(GCE_METADATA_HOST="metadata.google.internal"))

    assert isinstance(error, NoIdentity)
    assert "elsewhere give the pods a credential configuration file" in str(error)


def test_a_name_server_that_is_not_ready_is_asked_again(
    gcp: FakeGcp, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", busy)

    assert failing(make(GCE_METADATA_HOST="metadata.google.internal")).transient


def test_a_token_is_kept_until_shortly_before_its_end(gcp: FakeGcp, network: Network) -> None:
    clock = [1000.0]
    provider = Provider(gcp.env, lambda: clock[0], network)
    gcp.put("db", b"pl4nted")

    for clock[0], asked in ((1000.0, 1), (4500.0, 1), (4540.0, 2)):
        provider.fetch(PATH)
        assert len(gcp.requests("metadata")) == asked


def test_nothing_that_is_printed_has_the_token(gcp: FakeGcp, make: Make) -> None:
    provider = make()
    provider.prepare(PATH)

    bearer = provider._bearers.kept

    assert bearer
    assert bearer.token not in f"{bearer} {bearer!r} {provider!r}"
