"""Vault's KV secrets: one read, as whoever this pod is in Vault. Version 2 of the engine, or 1.

https://developer.hashicorp.com/vault/api-docs/secret/kv
"""

from _thread import allocate_lock
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from initsync.formats import json
from initsync.network.transport import Network
from initsync.network.trust import System, trusting
from initsync.providers.vault import paths, settings
from initsync.providers.vault.api import Answer, Call, Vault
from initsync.providers.vault.login import Asker, Token, Tokens
from initsync.providers.vault.settings import VaultSettings
from initsync.words.errors import AnnotationError, InvalidSecretData
from initsync.words.model import ExternalSecret
from initsync.words.wording import shown

_NOTHING: Mapping[str, str] = {}


class _Session(NamedTuple):
    """What is kept between calls."""

    settings: VaultSettings
    vault: Vault
    tokens: Tokens


class Provider:
    """A `SecretProvider` that keeps its tokens and its connection until it is closed."""

    name = "vault"

    def __init__(
        self,
        env: Mapping[str, str],
        now: Callable[[], float],
        network: Network,
        sdk: bool = False,
    ) -> None:
        self._env = env
        self._now = now
        self._network = network
        self._sdk = sdk
        self._session: _Session | None = None
        self._given: dict[Asker, Token] = {}
        self._opening = allocate_lock()

    @property
    def kept(self) -> dict[Asker, Token]:
        """The tokens, for the next of a sidecar's syncs, unless `close` has given them back."""
        return self._session.tokens.kept if self._session else self._given

    @kept.setter
    def kept(self, found: dict[Asker, Token]) -> None:
        self._given = found

    def fetch(
        self, path: str, version: str = "", options: Mapping[str, str] = _NOTHING
    ) -> ExternalSecret:
        """The secret at `path`: its current version, or the one of a number."""
        session = self._opened()
        chosen = session.settings
        self._refuse_unfit(chosen, version, options)
        namespace = options.get("namespace", "").strip("/") or chosen.namespace
        query = f"version={version}" if version else ""
        call = Call("GET", paths.target(path, chosen.kv), namespace, query=query)
        answer, token = _asked(session, call, Asker(options.get("role", ""), namespace))
        if found := _secret(answer, chosen.kv):
            return self._external(path, *found)
        from initsync.providers.vault import failures  # a good sync never loads it

        asked = failures.Asked(self.name, path, session.vault.name, chosen, token, version)
        raise failures.of_read(answer, asked)

    def prepare(self, path: str) -> None:
        """Have the token that most entries need, which is kept. Raises as `fetch` does."""
        del path
        session = self._opened()
        if not self._sdk and not session.settings.fields:  # else an entry may need another
            session.tokens.of(Asker("", session.settings.namespace))

    def whoami(self, path: str) -> str:
        """The name and policies by which Vault knows who asks."""
        del path
        session = self._opened()
        namespace = session.settings.namespace
        call = Call("GET", "auth/token/lookup-self", namespace)
        answer, token = _asked(session, call, Asker("", namespace))
        from initsync.providers.vault import failures  # no pod asks it

        return failures.who(answer, token)

    def close(self) -> None:
        """Give the tokens back, best effort: of a Vault that is silent nobody waits for that."""
        if self._session and not self._session.vault.silent:
            self._session.tokens.revoke()

    def _opened(self) -> _Session:
        with self._opening:
            if self._session is None:
                self._session = self._made(settings.from_env(self._env))
            return self._session

    def _made(self, chosen: VaultSettings) -> _Session:
        own = chosen.ca_pem or chosen.ca_file
        tls = cache(lambda: trusting(chosen.ca_file, chosen.ca_pem)) if own else System()
        vault = Vault(chosen, self._network, tls)
        of_person = None
        if self._sdk:
            from initsync.providers.vault import person  # no pod is one

            of_person = person.source(self._env)
        tokens = Tokens(chosen, vault.ask, self._network, self._now, of_person)
        tokens.kept = self._given
        return _Session(chosen, vault, tokens)

    def _refuse_unfit(
        self, chosen: VaultSettings, version: str, options: Mapping[str, str]
    ) -> None:
        """Raise AnnotationError for what the platform does not have, or does not allow."""
        if version and chosen.kv == "1":
            rule = "must be left out: version 1 of the KV engine (JASM_VAULT_KV) keeps one only"
            raise AnnotationError(f"version is {shown(version)}, but {rule}")
        for name, said in options.items():
            if name not in chosen.fields and not self._sdk:
                rule = "must be left out: the platform does not allow it (JASM_VAULT_FIELDS)"
                raise AnnotationError(f"{name} is {shown(said)}, but {rule}")

    def _external(
        self, path: str, data: Mapping[str, Any], version: str, made: str
    ) -> ExternalSecret:
        try:
            text = json.encoded(data)
        except json.NotSecretData as error:
            raise InvalidSecretData(self.name, path, str(error)) from None
        return ExternalSecret(text, path, self.name, version, made=made)


def _asked(session: _Session, call: Call, asker: Asker) -> tuple[Answer, Token]:
    """The answer to who may ask it; a token that Vault does not know any more is replaced once.

    It may have ended, or have been good for a number of uses.
    """
    token = session.tokens.of(asker)
    answer = session.vault.ask(call._replace(token=token.value))
    if answer.unknown_token and token.of_login:
        token = session.tokens.of(asker, refused=token)
        answer = session.vault.ask(call._replace(token=token.value))
    return answer, token


def _secret(answer: Answer, kv: str) -> tuple[Mapping[str, Any], str, str] | None:
    """Fields, version and when that was made; None where that is not what Vault gives."""
    data = answer.body.get("data")
    if answer.status != 200 or answer.body.get("lease_id") or not isinstance(data, dict):
        return None
    if kv == "1":
        return None if answer.versioned else (data, "", "")
    return (data["data"], *answer.version) if answer.versioned else None
