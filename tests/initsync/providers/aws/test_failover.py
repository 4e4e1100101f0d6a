"""A second region: asked where the first does not answer, and for nothing else."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.network import transport
from initsync.network.transport import Network
from initsync.providers import fields
from initsync.providers.aws import failover, paths
from initsync.providers.aws.api import Wanted
from initsync.providers.aws.credentials import Client
from initsync.providers.aws.parameterstore import Provider as ParameterStore
from initsync.providers.aws.secretsmanager import Provider
from initsync.words.errors import AccessDenied, InvalidSetup, JasmError, ProviderUnavailable
from initsync.words.model import ExternalSecret
from tests.initsync.fake_aws import ASSUMED, FakeAws

NOW = 1_761_300_000.0
STATIC = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted-key"}
FIRST, SECOND = "eu-west-1", "eu-central-1"
OPTION = {"failoverRegion": SECOND}
PLATFORM = {"JASM_AWS_FAILOVER_REGION": SECOND}
ARN = "arn:aws:secretsmanager:{}:123456789012:secret:db-AbCdEf"
SECRET = {"SecretString": '{"a": "pl4nted"}', "VersionId": "5f2e"}
NOTE = f"read in {SECOND}, for {FIRST} did not answer"


class Regions(FakeAws):
    """An AWS of which each region has answers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.down: set[str] = set()
        """Regions that answer nothing but 503."""
        self.refusing: dict[str, tuple[int, dict[str, str], bytes]] = {}

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        status, more, found = super().answer(headers, body)
        where = region(headers)
        if where in self.down:
            return 503, {}, b"pl4nted"
        return self.refusing.get(where, (status, more, found))


def region(headers: dict[str, str]) -> str:
    """The one that a signature names; of a request without, STS's of the host's."""
    return headers["authorization"].split("/")[2] if "authorization" in headers else ""


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    """The loopback AWS with regions in it."""
    aws.__class__ = Regions
    aws.down, aws.refusing = set(), {}  # type: ignore[attr-defined]
    aws.will("GetSecretValue", 200, SECRET)
    return aws


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network({}, lambda: 60.0, lambda _: None)
    yield made
    made.close()


class Clock:
    now = NOW


@pytest.fixture
def provider(aws: Regions, network: Network) -> Provider:
    return Provider(STATIC | aws.env, lambda: Clock.now, network)


def asked(aws: FakeAws) -> list[str]:
    return [region(headers) for _, headers, _ in aws.asked]


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


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/prod/db", "/prod/db"),
        (ARN.format(FIRST), ARN.format(SECOND)),
        (
            f"arn:aws:ssm:{FIRST}:1:parameter/a/b:3",
            f"arn:aws:ssm:{SECOND}:1:parameter/a/b:3",
        ),
    ],
)
def test_a_replica_has_the_same_name_and_arn_but_for_the_region(path: str, there: str) -> None:
    assert paths.in_region(path, SECOND) == there


def test_the_secret_is_marked_with_the_path_of_the_annotation(
    aws: Regions, provider: Provider
) -> None:
    aws.down.add(FIRST)

    found = provider.fetch(ARN.format(FIRST), "", OPTION)

    assert found.source_path == ARN.format(FIRST)
    assert ARN.format(SECOND).encode() in aws.asked[-1][2]


def test_all_pages_of_a_path_come_from_one_region(aws: Regions, network: Network) -> None:
    aws.will("GetParametersByPath", 200, {"Parameters": [], "NextToken": "a"})
    aws.will("GetParametersByPath", 200, {"Parameters": [{"Name": "/p/a", "Value": "pl4nted"}]})
    provider = ParameterStore(STATIC | aws.env, lambda: NOW, network)
    aws.down.add(FIRST)
    aws.answers["GetParametersByPath"].insert(0, (200, {}, b"{}"))

    assert provider.fetch("/p/", "", OPTION).content == {"a": "pl4nted"}
    assert asked(aws) == [FIRST, SECOND, SECOND]


def test_a_role_is_assumed_in_the_second_region_where_the_first_is_silent(
    aws: Regions, provider: Provider
) -> None:
    body = ASSUMED.replace("WithWebIdentity", "").format(
        expiration="2999-01-01T00:00:00Z", number=2
    )
    aws.will("AssumeRole", 200, body)
    aws.down.add(FIRST)

    found = provider.fetch(
        "/prod/db", "", OPTION | {"role": "arn:aws:iam::222222222222:role/reader"}
    )

    assert found.note == NOTE
    assert aws.actions() == ["AssumeRole", "AssumeRole", "GetSecretValue"]
    assert asked(aws) == [FIRST, SECOND, SECOND]


def test_the_pods_own_identity_is_asked_of_the_second_regions_sts(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("t")
    irsa = {"AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    provider = Provider(irsa | {"AWS_REGION": FIRST}, lambda: NOW, network)
    hosts: list[str] = []

    def silent(service: str, region: str) -> None:
        hosts.append(f"{service}.{region}")
        raise ProviderUnavailable("AWS STS", "no answer")

    monkeypatch.setattr(provider._asker.services, "connection", silent)

    with pytest.raises(ProviderUnavailable, match="in the failover region eu-central-1"):
        provider.fetch("/prod/db", "", OPTION)

    assert hosts == [f"sts.{FIRST}", f"sts.{SECOND}"]


@pytest.mark.threat("An annotation is malicious")
@pytest.mark.parametrize("other", ["cn-north-1", "us-gov-west-1", "us-iso-east-1"])
def test_no_token_goes_to_another_partition(aws: Regions, network: Network, other: str) -> None:
    aws.down.add(FIRST)
    provider = Provider(STATIC | aws.env, lambda: NOW, network)

    with pytest.raises(InvalidSetup, match="name one of the same partition"):
        provider.fetch("/prod/db", "", {"failoverRegion": other})

    assert asked(aws) == []


@pytest.mark.parametrize("name", ["aws-secretsmanager", "aws-parameter-store"])
def test_only_a_region_of_aws_is_one(name: str) -> None:
    rule = fields(name)["failoverRegion"].problem

    assert rule(SECOND) is None
    assert str(rule("s3")).startswith("must be an AWS region")
    assert str(rule("evil.example/")).startswith("must be an AWS region")


def test_a_platforms_region_that_is_none_is_told(network: Network) -> None:
    env = STATIC | {"AWS_REGION": FIRST, "JASM_AWS_FAILOVER_REGION": "evil.example/"}

    with pytest.raises(InvalidSetup, match=r"'evil\.example/' is no AWS region: set one"):
        Provider(env, lambda: NOW, network).fetch("/prod/db")


def test_the_first_region_as_its_own_second_is_none(aws: Regions, provider: Provider) -> None:
    aws.down.add(FIRST)

    with pytest.raises(ProviderUnavailable) as caught:
        provider.fetch("/prod/db", "", {"failoverRegion": FIRST})

    assert asked(aws) == [FIRST]
    assert "failover" not in str(caught.value)


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
