"""What becomes of the token that Vault gives a pod: sent, refused, kept and given back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.words.errors import AccessDenied, InvalidSetup, ProviderUnavailable
from tests.initsync.providers.vault.standin import DB, SECRET, TOKEN, Asking, StandIn, asking_it


@pytest.fixture
def asking(vault: StandIn, tmp_path: Path, trace: list[str]) -> Iterator[Asking]:
    with asking_it(vault, tmp_path, trace) as made:
        yield made


@pytest.mark.parametrize("said", ["permission denied", "2 errors occurred:\n\t* invalid token"])
def test_a_token_that_is_never_known_is_asked_for_twice(
    vault: StandIn, asking: Asking, said: str
) -> None:
    for _ in range(2):
        vault.will_log_in()
        vault.will(403, {"errors": [said]})

    with pytest.raises(AccessDenied, match="does not know the token that it gave"):
        asking().fetch(DB)

    assert len(vault.asked) == 4


def test_a_token_with_line_breaks_in_it_is_sent_nowhere(
    vault: StandIn, asking: Asking, trace: list[str]
) -> None:
    vault.will_log_in(client_token="s.a\r\nx-evil: 1")

    with pytest.raises(InvalidSetup, match="line break"):
        asking().fetch(DB)

    assert len(vault.asked) == 1


@pytest.mark.parametrize(("life", "logins"), [(120, 1), (0, 1), (59, 2)])
def test_a_token_serves_the_next_sync_until_a_minute_before_its_end(
    vault: StandIn, asking: Asking, life: int, logins: int
) -> None:
    """One of 0 seconds has no end."""
    first, second = asking(), asking()
    vault.will_log_in(lease_duration=life)
    vault.will(200, SECRET)
    if logins == 2:
        vault.will_log_in()
        vault.will(200, SECRET)

    first.fetch(DB)
    second.kept = first.kept
    second.fetch(DB)

    assert sum("/login" in line for line in vault.lines()) == logins
    assert TOKEN not in repr(second.kept)


def test_what_is_given_back_and_refused_is_no_failure(vault: StandIn, asking: Asking) -> None:
    provider = asking()
    vault.will_log_in()
    vault.will(200, SECRET)
    vault.will(503, b"")

    provider.fetch(DB)
    provider.close()
    provider.close()

    assert len(vault.asked) == 3


def test_a_vault_that_is_silent_is_given_nothing_back(vault: StandIn, asking: Asking) -> None:
    """A pod's start would wait for it."""
    provider = asking()
    vault.will_log_in()
    vault.will_say(b"")

    with pytest.raises(ProviderUnavailable):
        provider.fetch(DB)
    provider.close()

    assert len(vault.asked) == 2
