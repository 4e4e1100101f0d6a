"""Which cloud the platform has chosen: where tokens come from, how vaults' hosts end."""

import pytest

from initsync.providers.azure.clouds import AUTHORITY, SUFFIX, Cloud, cloud
from initsync.words.errors import InvalidSetup
from tests.initsync.providers.azure.conftest import Make
from tests.initsync.providers.azure.fake_azure import CLOUDS, FakeAzure


@pytest.mark.parametrize(
    ("login", "suffix"), [it for it in CLOUDS.items() if "example" not in it[0]]
)
def test_each_cloud_is_asked_at_its_own_hosts_for_its_own_token(
    azure: FakeAzure, make: Make, login: str, suffix: str
) -> None:
    azure.put("shop", "db", '{"a": "pl4nted"}')

    make(AZURE_AUTHORITY_HOST=f"https://{login}/").fetch("shop/db")

    assert azure.tunnels == [f"{login}:443", f"shop.{suffix}:443"]
    assert azure.asked[0].form["scope"] == f"https://{suffix}/.default"


def test_a_cloud_that_nobody_knows_is_one_that_the_platform_names(
    azure: FakeAzure, make: Make
) -> None:
    azure.put("shop", "db", '{"a": "pl4nted"}')
    own = {AUTHORITY: "login.example.test", SUFFIX: "vault.example.test"}

    make(**own).fetch("shop/db")

    assert azure.tunnels == ["login.example.test:443", "shop.vault.example.test:443"]


def test_without_a_word_it_is_the_public_one() -> None:
    assert cloud({}) == Cloud("https://login.microsoftonline.com", "vault.azure.net")
    assert cloud({}).scope == "https://vault.azure.net/.default"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({AUTHORITY: "http://login.microsoftonline.com"}, "which is not https"),
        ({AUTHORITY: "https://login.example.test"}, f"set {SUFFIX} to what they end in"),
        ({AUTHORITY: "https://"}, "is no URL of a host"),
        ({SUFFIX: "vault.azure.net/x"}, "set it to a name"),
        ({SUFFIX: "localhost"}, "set it to a name"),
    ],
)
def test_what_the_platform_says_wrong_is_told(env: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidSetup, match=said):
        cloud(env)
