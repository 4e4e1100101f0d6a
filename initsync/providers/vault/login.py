"""Who this process is to Vault: a token by the ServiceAccount's own, kept and given back.

Kubernetes and JWT auth are asked alike: the method decides what it does with the token.
https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login
"""

import base64
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from initsync.network.transport import Network, Turn
from initsync.providers.vault.api import Answer, Ask, Call
from initsync.providers.vault.settings import VaultSettings
from initsync.words.errors import InvalidSetup, JasmError, NoIdentity, ProviderUnavailable
from initsync.words.wording import shown

_EARLY = 60.0  # seconds before its end at which a token is no longer begun with
_LIMIT = 65_536  # characters of a token; a ServiceAccount's is about a thousand
_PROJECT = (
    "project a token for Vault into the container: the chart's injection.tokens does so for every "
    "pod, with the audience that Vault's role wants"
)


class Asker(NamedTuple):
    """Which role of which namespace."""

    role: str
    """The role; empty: the platform's, or else the ServiceAccount's name."""
    namespace: str


class Token(NamedTuple):
    """Vault's. Its printed form does not show it."""

    value: str
    whose: str
    """The token's owner in sentences, such as `role app at auth/kubernetes`."""
    asker: Asker
    of_login: bool = True
    """Made by a login of ours, and not a person's own."""
    batch: bool = False
    """It cannot be given back, and takes no room: it ends by itself."""
    expires: float = float("inf")
    """Seconds since 1970 at which the token ends."""

    def __repr__(self) -> str:
        return f"Token({self.whose}, redacted)"


def _late() -> ProviderUnavailable:
    return ProviderUnavailable("Vault", "an earlier login is not answered")


class Tokens:
    """One a role, asked for when first needed; several threads may."""

    def __init__(
        self,
        settings: VaultSettings,
        ask: Ask,
        network: Network,
        now: Callable[[], float],
        of_person: Callable[[], str] | None = None,
    ) -> None:
        """`of_person` gives the token of a person who asks by hand; empty: log in as a pod."""
        self._settings = settings
        self._ask = ask
        self._now = now
        self._of_person = of_person
        self._jwt = ""
        """Read once: a pipe, as the doctor has it, gives it no second time."""
        self.kept: dict[Asker, Token] = {}
        self._asking = Turn(network.left, _late)

    def of(self, asker: Asker, refused: Token | None = None) -> Token:
        """The kept one, or another in place of one that Vault `refused`.

        Raises NoIdentity, AccessDenied, InvalidSetup and ProviderUnavailable.
        """
        with self._asking:
            kept = self.kept.get(asker)
            if kept is None or kept is refused or kept.expires - _EARLY < self._now():
                kept = self.kept[asker] = self._made(asker)
            return kept

    def revoke(self) -> None:
        """Give all of them back, best effort: what is not given back ends by itself.

        A token that lives on is a lease in Vault's storage, and many thousands take it down.
        """
        while self.kept:
            _, token = self.kept.popitem()
            if token.of_login and not token.batch:
                try:
                    self._ask(_revocation(token))
                except JasmError:
                    return  # it does not answer: nor would it for the others

    def _made(self, asker: Asker) -> Token:
        if self._of_person and (own := self._of_person()):
            return Token(own, "your token", asker, of_login=False)
        self._jwt = jwt = self._jwt or _read(self._settings.token_file)
        claims = _claims(jwt)
        role = asker.role or self._settings.role or _account(claims)
        login = f"auth/{self._settings.auth}/login"
        body = {"role": role, "jwt": jwt}
        answer = self._ask(Call("POST", login, asker.namespace, body=body))
        whose = f"role {role} at auth/{self._settings.auth}"
        if token := _token(answer):
            batch = answer.body["auth"].get("token_type") == "batch"
            return Token(token, whose, asker, batch=batch, expires=self._now() + _life(answer))
        from initsync.providers.vault import failures  # a good sync never loads it

        raise failures.of_login(answer, self._settings, whose, asker.namespace, claims)


def _revocation(token: Token) -> Call:
    return Call("POST", "auth/token/revoke-self", token.asker.namespace, token.value)


def _token(answer: Answer) -> str:
    auth = answer.body.get("auth")
    found = auth.get("client_token") if answer.status == 200 and isinstance(auth, dict) else ""
    return found if isinstance(found, str) else ""


def _life(answer: Answer) -> float:
    """Seconds that the token lives, whose number is read as its text; one of 0 has no end."""
    said = answer.body["auth"].get("lease_duration")
    seconds = int(said) if isinstance(said, str) and said.isdecimal() and len(said) < 12 else 0
    return seconds or float("inf")


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            jwt = file.read(_LIMIT).strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not a token"
        raise NoIdentity([f"Vault: cannot read {path} ({problem})"], _PROJECT) from None
    if not jwt:
        raise NoIdentity([f"Vault: {path} is empty"], _PROJECT)
    return jwt


def _claims(jwt: str) -> dict[str, Any]:
    """What the token says of itself, unverified: Vault verifies it. Empty of any other text."""
    payload = jwt.split(".")[1] if jwt.count(".") == 2 else ""
    try:
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _account(claims: dict[str, Any]) -> str:
    """The ServiceAccount's name.

    https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#subject-field
    """
    subject = str(claims.get("sub") or "")
    prefix, _, rest = subject.partition("system:serviceaccount:")
    if prefix or rest.count(":") != 1:
        problem = f"the token for Vault names no ServiceAccount (its subject is {shown(subject)})"
        raise InvalidSetup(problem, "set JASM_VAULT_ROLE to the role to log in with")
    return rest.partition(":")[2]
