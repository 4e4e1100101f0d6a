"""No answer ends the container at its limit of 32Mi, whoever gives it: it is used, or refused.

jasm-init runs as a process in a memory cgroup of that size; where none can be made, its peak is
looked at. Answers have 8 MB, which ended it once, or are the largest of their kind that are parsed.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.kube import cluster
from initsync.providers.aws import api
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.testing.podprocess import Finished, Running
from tests.bench import cgroup
from tests.full import only_in_full
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.hostile_apiserver import FILLED, ApiServer, a_secret
from tests.initsync.pod.sidecar_world import World
from tests.places import ROOT

LIMIT = 32 * 1024 * 1024
PEAK = 42_000_000  # of which 10 MB are pages of files, which the kernel takes back
# As in the image: `-IS`, and our folder the only one beside the standard library's.
PROGRAM = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from initsync.pod.main import main; main()"
)
UNITS = {
    "small objects": "{},",
    "small lists": "[],",
    "numbers": "1,",
    "objects of one": '{"":0},',
    "objects within objects": '{"":' * 300 + "0" + "}" * 300 + ",",
    "long names": f'"{"x" * 60}",',
}
HUGE = 8_000_000
each_unit = pytest.mark.parametrize("unit", UNITS)
LARGEST = "objects within objects"  # by what Python's objects take for the text that is let in
Sync = Callable[..., Finished]


def each_unit_by(name: str, first: str, *others: str) -> pytest.MarkDecorator:
    """Each in the first way, in the others the largest; with FULL=1 each in each."""
    more = [(unit, way) for way in others for unit in UNITS]
    fewer = [pytest.param(*it, marks=() if it[0] == LARGEST else only_in_full) for it in more]
    return pytest.mark.parametrize(("unit", name), [*((unit, first) for unit in UNITS), *fewer])


def listed(unit: str, size: int = HUGE, parts: int = HUGE) -> str:
    """A JSON list of as many units as stay within that many bytes, and commas and brackets."""
    each = sum(map(UNITS[unit].count, ",[{"))
    times = min((size - 3) // len(UNITS[unit]), (parts - 10) // each)
    return "[" + UNITS[unit] * times + "0]"


@pytest.fixture(scope="module")
def join() -> Iterator[Path | None]:
    """The file by which a process joins a group of that memory; None where there is none."""
    try:
        with cgroup.of_memory(LIMIT, name="init") as file:
            yield file
    except cgroup.Unavailable:
        yield None


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    world = World(api, aws, tmp_path)
    del world.env["JASM_MODE"], world.env["JASM_HANDOVER_DIR"]
    return world


@pytest.fixture
def hostile(world: World, tmp_path: Path) -> Iterator[ApiServer]:
    """In the place of the API server."""
    with ApiServer(tmp_path).serving() as server:
        (tmp_path / "account" / "ca.crt").write_text(server.ca)
        world.env["KUBERNETES_SERVICE_PORT"] = str(server.port)
        yield server


@pytest.fixture
def sync(world: World, tmp_path: Path, join: Path | None) -> Iterator[Sync]:
    running: list[Running] = []

    def run() -> Finished:
        process = Running([sys.executable, "-ISc", PROGRAM], world.env, tmp_path, join)
        running.append(process)
        ended = process.wait(60)
        print(f"peak {ended.peak_rss / 1e6:.1f} MB, {ended.seconds:.2f} s: {ended.stderr}")
        assert ended.exit_code >= 0, "it was killed"
        assert join or ended.peak_rss < PEAK
        return ended

    yield run
    for process in running:
        process.kill()


def test_a_good_sync(sync: Sync) -> None:
    assert sync().exit_code == 0


def credentials_from(action: str, world: World, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("pl4nted-token")
    del world.env["AWS_ACCESS_KEY_ID"]
    if action == "GetCredentials":
        url = f"{world.env['AWS_ENDPOINT_URL']}/v1"
        world.env |= {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}
    else:
        world.env |= {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app"}
        world.env |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}


ACTIONS = ("GetSecretValue", "AssumeRoleWithWebIdentity", "GetCredentials")


@pytest.mark.parametrize("action", ACTIONS)
def test_eight_megabytes_in_the_providers_place(
    sync: Sync, world: World, tmp_path: Path, action: str
) -> None:
    if action != "GetSecretValue":
        credentials_from(action, world, tmp_path)
    world.aws.answers.clear()
    world.aws.will(action, 200, listed("small objects"))

    ended = sync()

    assert ended.exit_code == 5
    assert re.search("the answer is larger than (2097152|65536) bytes", ended.stderr)


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_eight_megabytes_in_the_api_servers_place(
    sync: Sync, hostile: ApiServer, method: str
) -> None:
    hostile.answers["GET"] = json.dumps(a_secret({"a": ""})).encode()
    hostile.answers[method] = listed("small objects").encode()

    ended = sync()

    assert ended.exit_code == 5
    assert f"the answer is larger than {cluster.LIMIT} bytes" in ended.stderr


@each_unit
def test_the_largest_answer_that_is_no_secret(sync: Sync, aws: FakeAws, unit: str) -> None:
    aws.answers.clear()
    aws.will("GetSecretValue", 200, listed(unit, api.LIMIT, 70_000))

    ended = sync()

    assert ended.exit_code == 5
    assert "HTTP 200, no answer of an AWS service" in ended.stderr


@each_unit_by("start", "😀", "")
def test_the_largest_secret_that_is_parsed(sync: Sync, aws: FakeAws, unit: str, start: str) -> None:
    aws.answers.clear()
    text = f'{{"key":["{start}",{listed(unit, 600_000, 69_000)}]}}'
    aws.will("GetSecretValue", 200, {"SecretString": text})

    assert sync().exit_code == 0


@pytest.mark.parametrize("start", ["", "😀"], ids=["in ASCII", "of four bytes a character"])
@pytest.mark.parametrize(
    ("size", "exit_code"), [(1_000_000, 0), (api.LIMIT - 1000, 3)], ids=["parsed", "refused"]
)
def test_the_longest_text(sync: Sync, aws: FakeAws, start: str, size: int, exit_code: int) -> None:
    aws.answers.clear()
    aws.will("GetSecretValue", 200, {"SecretString": f'{{"key":"{start}{"x" * size}"}}'})

    assert sync().exit_code == exit_code


@each_unit_by("action", *ACTIONS[1:])
def test_the_largest_answer_that_holds_no_credentials(
    sync: Sync, world: World, aws: FakeAws, tmp_path: Path, unit: str, action: str
) -> None:
    credentials_from(action, world, tmp_path)
    size = api.CREDENTIALS_LIMIT if action == "GetCredentials" else api.LIMIT
    aws.will(action, 200, listed(unit, size))

    assert sync().exit_code == 5


@each_unit_by("method", "GET", "PATCH")
@pytest.mark.parametrize("parts", [HUGE, 30_000], ids=["many parts", "as many as are parsed"])
def test_the_largest_answer_of_an_api_server(
    sync: Sync, hostile: ApiServer, unit: str, method: str, parts: int
) -> None:
    hostile.answers["GET"] = json.dumps(a_secret({"a": ""})).encode()
    more = f',"x":{listed(unit, cluster.LIMIT - 1000, parts - 100)}}}'
    hostile.answers[method] = hostile.answers["GET"][:-1] + more.encode()

    ended = sync()

    refused = "the answer is not from a Kubernetes API" in ended.stderr.splitlines()[-1]
    assert (ended.exit_code, refused) == ((5, True) if parts == HUGE else (0, False))


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize("kind", FILLED)
def test_a_secret_that_somebody_filled_is_read_and_written(
    sync: Sync, hostile: ApiServer, kind: str
) -> None:
    hostile.answers["GET"] = json.dumps(FILLED[kind], ensure_ascii="four" not in kind).encode()

    assert sync().exit_code == 0

    ((sent_as, body),) = hostile.patches
    assert sent_as == f"application/{'json-patch+json' if 'keys' in kind else 'apply-patch+yaml'}"
    assert len(body) < 2000
