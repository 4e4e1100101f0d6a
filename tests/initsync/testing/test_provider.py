"""MockProvider: the data model's, for JASM's tests and for anybody's."""

import subprocess
import sys

import pytest

from initsync.providers.interface import SecretProvider
from initsync.testing import MockProvider
from initsync.words.errors import SecretNotFound
from initsync.words.model import ExternalSecret


def test_it_is_a_secret_provider() -> None:
    provider: SecretProvider = MockProvider()

    assert provider.name == "mock"


def test_what_was_added_is_fetched() -> None:
    provider = MockProvider("other")
    provider.add("/a", {"k": "v"})

    assert provider.fetch("/a") == ExternalSecret({"k": "v"}, "/a", "other")


def test_adding_copies_and_replaces() -> None:
    provider = MockProvider()
    data = {"k": "1"}
    provider.add("/a", data)
    data["k"] = "2"

    assert provider.fetch("/a").content == {"k": "1"}
    provider.add("/a", data)
    assert provider.fetch("/a").content == {"k": "2"}


def test_nothing_there_names_provider_and_path() -> None:
    with pytest.raises(SecretNotFound, match="mock has no secret at path '/a'"):
        MockProvider().fetch("/a")


def test_clear_forgets_everything() -> None:
    provider = MockProvider()
    provider.add("/a", {})
    provider.clear()

    with pytest.raises(SecretNotFound):
        provider.fetch("/a")


@pytest.mark.parametrize("heavy", ["cryptography", "moto", "http.server", "yaml", "kubernetes"])
def test_importing_the_package_is_cheap(heavy: str) -> None:
    code = f"import sys, initsync.testing; print({heavy!r} in sys.modules)"

    answer = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True)

    assert answer.stdout == b"False\n"
