"""What strangers wrote, on its way to a person: as a container's log, as an Event, by commands.

The Secret's annotations are those of a thief of a pod's token, the message is the provider's.
`tests/outputs.py` looks at all other output of the suite.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.testing.client import MERGE
from initsync.words import keys
from tests.cluster.by_hand import run, subcommand, write_kubeconfig
from tests.cluster.shop import Shop
from tests.outputs import obeyed

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\x7f\r\u202eevil\u2066 \u2028\ttext"
CONTAINERS_MESSAGE = 2048  # bytes that the kubelet keeps of a log's end
EVENTS_MESSAGE = 1024


@pytest.fixture
def kubeconfig(shop: Shop, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "kubeconfig", shop.api, shop.namespace)


def marks(shop: Shop, **annotations: str) -> None:
    """Write these over JASM's own."""
    target = f"/api/v1/namespaces/{shop.namespace}/secrets/db"
    named = {f"{keys.PREFIX}{name.replace('_', '-')}": text for name, text in annotations.items()}
    patch = {"metadata": {"annotations": named}}
    assert shop.api.request("PATCH", target, patch, MERGE).status == 200


def another_source(shop: Shop) -> None:
    """The next sync says what was there before."""
    marks(shop, source_path=HOSTILE * 2000, synced_at=HOSTILE, version=HOSTILE)


def the_providers_message(shop: Shop) -> None:
    said = f"User: {HOSTILE * 20}{HOSTILE * 8000} is not authorized"
    shop.aws.refuse("GetSecretValue", "AccessDeniedException", said)


def the_providers_code(shop: Shop) -> None:
    shop.aws.refuse("GetSecretValue", f"Code{HOSTILE * 1000}", "no")


def an_outage_in_its_words(shop: Shop) -> None:
    marks(shop, synced_at=HOSTILE)
    shop.aws.refuse("GetSecretValue", "ServiceUnavailable", HOSTILE * 1000)


CAUSES: list[Callable[[Shop], None]] = [
    *(another_source, the_providers_message, the_providers_code, an_outage_in_its_words),
]


def messages(shop: Shop) -> Iterator[str]:
    answer = shop.api.request("GET", f"/api/v1/namespaces/{shop.namespace}/events")
    yield from (event["message"] for event in answer.body["items"])


@pytest.mark.threat("Somebody reads logs, Events and the audit log")
@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_jasm_init_and_its_event_hold_nothing_that_a_terminal_obeys(
    shop: Shop, cause: Callable[[Shop], None], form: str
) -> None:
    shop.run(shop.pod("web-1"))
    cause(shop)

    ended = shop.run(
        shop.pod("web-2"), JASM_LOG_FORMAT=form, JASM_LOG_LEVEL="debug", JASM_TIMEOUT="2"
    )

    assert ended.stderr.count("\n") == len(ended.stderr.splitlines()) > 1
    assert not obeyed(ended.stderr)
    assert "evil" in ended.stderr
    last = ended.stderr.splitlines()[-1]
    said = json.loads(last)["message"] if form == "json" else last
    assert len(said.encode()) < CONTAINERS_MESSAGE
    assert [text for text in messages(shop) if len(text.encode()) > EVENTS_MESSAGE] == []
    assert [text for text in messages(shop) if not text.isprintable()] == []


@pytest.mark.threat("Somebody reads logs, Events and the audit log")
@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_initsync_by_hand_prints_nothing_that_a_terminal_obeys(
    shop: Shop, kubeconfig: Path, cause: Callable[[Shop], None]
) -> None:
    shop.run(shop.pod("web-1"))
    cause(shop)

    ended = run(kubeconfig, shop.aws, "--pod", "web-1", "--timeout=1", "-v")

    assert not obeyed(ended.stdout + ended.stderr)
    assert "evil" in ended.stderr
    assert [text for text in messages(shop) if not text.isprintable()] == []


@pytest.mark.threat("Somebody reads logs, Events and the audit log")
@pytest.mark.parametrize("command", ["list", "doctor"])
def test_a_persons_commands_print_nothing_that_a_terminal_obeys(
    real_shop: Shop, tmp_path: Path, command: str
) -> None:
    shop, options = real_shop, ["--pod", "web-1"] if command == "doctor" else []
    shop.run(shop.pod("web-1"))
    another_source(shop)
    kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", shop.api, shop.namespace)

    ended = subcommand(kubeconfig, command, *options)

    assert not obeyed(ended.stdout + ended.stderr)
    assert "evil" in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) < 20_000
