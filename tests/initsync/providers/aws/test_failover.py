"""A second region: asked where the first does not answer, and for nothing else."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from initsync.network import transport
from initsync.network.transport import Network
from initsync.providers.aws import failover
from initsync.providers.aws.api import Wanted
from initsync.providers.aws.credentials import Client
from initsync.providers.aws.secretsmanager import Provider
from initsync.words.errors import AccessDenied, JasmError, ProviderUnavailable
from initsync.words.model import ExternalSecret
from tests.initsync.fake_aws import FakeAws
from tests.initsync.providers.aws.regions import (
    FIRST,
    NOTE,
    NOW,
    OPTION,
    SECOND,
    SECRET,
    STATIC,
    Regions,
    asked,
    with_regions,
)


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    return with_regions(aws)


@pytest.fixture
def network() -> Iterator[Network]:
    with closing(Network({}, lambda: 60.0, lambda _: None)) as made:
        yield made


class Clock:
    now = NOW


@pytest.fixture
def provider(aws: Regions, network: Network) -> Provider:
    return Provider(STATIC | aws.env, lambda: Clock.now, network)


PLATFORM = {"JASM_AWS_FAILOVER_REGION": SECOND}


def refusal(code: str) -> tuple[int, dict[str, str], bytes]:
    return 400, {}, f'{{"__type": "{code}", "message": "because"}}'.encode()


def test_while_the_first_answers_nobody_asks_the_second(aws: Regions, provider: Provider) -> None:
    found = provider.fetch("/prod/db", "", OPTION)

    assert (found.content, found.note) == (SECRET["SecretString"], "")
    assert asked(aws) == [FIRST]


@pytest.mark.parametrize("given", ["entry", "platform"])
def test_where_it_does_not_answer_the_second_does_and_the_event_tells(
    aws: Regions, network: Network, given: str
) -> None:
    aws.down.add(FIRST)
    env = STATIC | aws.env | (PLATFORM if given == "platform" else {})
    provider = Provider(env, lambda: NOW, network)

    found = provider.fetch("/prod/db", "", OPTION if given == "entry" else None)

    assert found == ExternalSecret(SECRET["SecretString"], "/prod/db", provider.name, "5f2e")
    assert found.note == NOTE
    assert asked(aws) == [FIRST, SECOND]


def test_the_entrys_own_goes_before_the_platforms(aws: Regions, network: Network) -> None:
    aws.down.add(FIRST)
    env = STATIC | aws.env | {"JASM_AWS_FAILOVER_REGION": "eu-north-1"}

    Provider(env, lambda: NOW, network).fetch("/prod/db", "", OPTION)

    assert asked(aws) == [FIRST, SECOND]


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServiceError"])
def test_a_failure_that_passes_counts_as_no_answer(
    aws: Regions, provider: Provider, code: str
) -> None:
    aws.refusing[FIRST] = refusal(code)

    assert provider.fetch("/prod/db", "", OPTION).note == NOTE


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "ExpiredTokenException"]
)
def test_a_refusal_is_an_answer(aws: Regions, provider: Provider, code: str) -> None:
    aws.refusing[FIRST] = refusal(code)

    with pytest.raises(JasmError) as caught:
        provider.fetch("/prod/db", "", OPTION)

    assert not caught.value.transient
    assert asked(aws) == [FIRST]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_what_the_second_refuses_makes_the_firsts_silence_no_refusal(
    aws: Regions, provider: Provider, code: str
) -> None:
    """So it is tried again, and a Secret of an earlier pod will do."""
    aws.down.add(FIRST)
    aws.refusing[SECOND] = refusal(code)

    with pytest.raises(ProviderUnavailable) as caught:
        provider.fetch("/prod/db", "", OPTION)

    assert f"HTTP 503, no answer of an AWS service; in the failover region {SECOND}: " in str(
        caught.value
    )
    assert "because" in str(caught.value)
    assert "pl4nted" not in str(caught.value)


def test_where_neither_answers_both_are_named(aws: Regions, provider: Provider) -> None:
    aws.down |= {FIRST, SECOND}

    with pytest.raises(ProviderUnavailable) as caught:
        provider.fetch("/prod/db", "", OPTION)

    assert str(caught.value).count("HTTP 503") == 2


def test_a_region_that_was_silent_is_not_waited_for_again_and_again(
    aws: Regions, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.down.add(FIRST)
    provider.fetch("/a", "", OPTION)
    provider.fetch("/b", "", OPTION)
    assert asked(aws) == [FIRST, SECOND, SECOND]

    monkeypatch.setattr(Clock, "now", NOW + failover.PAUSE)
    aws.down.clear()

    assert provider.fetch("/c", "", OPTION).note == ""
    assert asked(aws)[3:] == [FIRST]


def test_a_silent_region_is_asked_all_the_same_where_the_second_refuses(
    aws: Regions, provider: Provider
) -> None:
    aws.down.add(FIRST)
    provider.fetch("/a", "", OPTION)
    aws.down.clear()
    aws.refusing[SECOND] = refusal("ResourceNotFoundException")

    assert provider.fetch("/b", "", OPTION).note == ""
    assert asked(aws) == [FIRST, SECOND, SECOND, FIRST]


def test_of_many_at_once_one_finds_out(aws: Regions, provider: Provider) -> None:
    aws.down.add(FIRST)
    threads = [
        threading.Thread(target=provider.fetch, args=(f"/{number}", "", OPTION))
        for number in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert asked(aws).count(FIRST) == 1
    assert asked(aws).count(SECOND) == 10


def test_who_waits_longer_than_there_is_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LEAST", 0.01)
    regions = failover.Failover(lambda: NOW, lambda: -60.0)

    def never(_: Wanted) -> ExternalSecret:
        raise AccessDenied("a", "b", "c")

    with (
        regions._turn,
        pytest.raises(ProviderUnavailable, match="earlier requests to its regions"),
    ):
        regions.read(Wanted("/a", FIRST), SECOND, never)


def test_a_client_has_a_part_of_its_own_to_read() -> None:
    with pytest.raises(NotImplementedError):
        Client({}, lambda: NOW, Network({}, lambda: 1.0, lambda _: None))._read(Wanted("a", "b"))
