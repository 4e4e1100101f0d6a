"""Vault's refusals as rows of the failure table: what each asks of whom. Pure.

Vault has few codes and short texts, and says the same of different faults: a sentence here names
each of them. The texts are OpenBao's, seen; HashiCorp's have the same words.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from initsync.providers.vault import paths
from initsync.providers.vault.api import Answer
from initsync.providers.vault.login import Token
from initsync.providers.vault.person import LOGIN
from initsync.providers.vault.settings import VaultSettings
from initsync.words.errors import (
    AccessDenied,
    InvalidSetup,
    JasmError,
    NoIdentity,
    ProviderRefused,
    ProviderUnavailable,
    SecretNotFound,
    SecretRefused,
)
from initsync.words.wording import shown

_NOT_BOUND = re.compile(r"not authorized|bound|subject \(sub\)", re.I)
_WRONG_TIME = re.compile(r"expired|not (?:yet )?valid (?:yet)?|before", re.I)
_NO_ROLE = re.compile("invalid role name|role .* could not be found", re.I)
_NO_MOUNT = re.compile("no handler for route", re.I)
# HTTP 400, of an engine that was just made version 2; a standby waits for its leader so.
_UPGRADING = re.compile("unavailable for a brief period", re.I)
_UNVERSIONED = re.compile("versioned K/V", re.I)
_SEEN = 200  # characters of somebody's claim


class Asked(NamedTuple):
    """What Vault was asked for, and by whom."""

    provider: str
    path: str
    server: str
    settings: VaultSettings
    token: Token
    version: str = ""
    """What the entry's `version` says."""

    @property
    def where(self) -> str:
        """The place in which it was looked for."""
        namespace = self.token.asker.namespace
        return f"in {self.server}" + (f", namespace {shown(namespace)}" if namespace else "")

    @property
    def target(self) -> str:
        """The path as policies have it."""
        return paths.target(self.path, self.settings.kv)


def of_login(
    answer: Answer, settings: VaultSettings, whose: str, namespace: str, claims: Mapping[str, Any]
) -> JasmError:
    """What an auth method refused."""
    said, auth = answer.said, settings.auth
    if re.search("namespace not found", said):
        return _no_namespace(namespace)
    if _NO_MOUNT.search(said) or (answer.status == 404 and not said):
        advice = "enable it, or set JASM_VAULT_AUTH to the mount of the one that is there"
        return InvalidSetup(f"Vault has no auth method at auth/{auth} ({said})", advice)
    if answer.status == 200:
        return ProviderUnavailable("Vault", "it answered a login without a token")
    subject = f"{whose}, asked for by {shown(str(claims.get('sub') or 'a token without sub'))}"
    return AccessDenied("Vault", "", subject, said, _login_advice(said, auth, claims))


def _login_advice(said: str, auth: str, claims: Mapping[str, Any]) -> str:
    audience = json.dumps(claims.get("aud"))[:_SEEN]
    if _NO_ROLE.search(said):
        return f"create the role (vault write auth/{auth}/role/NAME …), or set JASM_VAULT_ROLE"
    if "audience" in said:
        return (
            f"the token is for {audience}: make that the role's audience (bound_audiences in JWT "
            "auth), or have the platform change the token's (the chart's injection.tokens)"
        )
    if _NOT_BOUND.search(said):
        return (
            "name this ServiceAccount and its namespace in the role (bound_service_account_names "
            "and bound_service_account_namespaces; bound_subject in JWT auth)"
        )
    if _WRONG_TIME.search(said):
        return "see that the clocks of the node and of Vault are right"
    if said == "permission denied":
        return (
            f"Vault says no more, so see each: is there an auth method at auth/{auth}; does it "
            "reach the API server and trust its CA; may its reviewer create TokenReviews "
            "(system:auth-delegator); does the API server know the token's audience "
            f"{audience}; is the ServiceAccount still there. Vault's own log tells them apart"
        )
    return f"see the configuration of auth/{auth} and of the role"


def of_read(answer: Answer, asked: Asked) -> JasmError:
    """Why there is no secret in an answer."""
    said, status = answer.said, answer.status
    if status == 200:
        return _unfit(answer, asked)
    if status == 404:
        return _missing(answer, asked)
    if answer.unknown_token:
        return _unknown_token(asked, said)
    if status == 403:
        return AccessDenied(asked.server, "", asked.token.whose, said, _read_advice(asked))
    detail = f"HTTP {status}, {said or 'without a word'}"
    if _UPGRADING.search(said):
        return ProviderUnavailable(asked.server, detail)
    return ProviderRefused(asked.server, detail, f"is {shown(asked.target)} a KV secret?")


def _read_advice(asked: Asked) -> str:
    """What to do about a policy that denies: an engine of the other version looks the same."""
    needed = f'path {json.dumps(asked.target)} {{ capabilities = ["read"] }}'
    return f"its policy must have {needed}; if it has, {_otherwise(asked)}"


def _otherwise(asked: Asked) -> str:
    if asked.settings.kv == "1":
        return "the engine is of version 2: set JASM_VAULT_KV to 2"
    mount, name = paths.split(asked.path)
    said = f"the engine at {shown(mount)} is of version 1 (set JASM_VAULT_KV to 1) or no KV engine"
    if asked.path.strip("/") != f"{mount}/{name}":
        return said  # the path says where the mount ends
    return f"{said}, or its name has a slash: write MOUNT/data/PATH"


def _missing(answer: Answer, asked: Asked) -> JasmError:
    said = answer.said
    if re.search("namespace not found", said):
        return _no_namespace(asked.token.asker.namespace)
    if _UNVERSIONED.search(said):
        problem = f"the engine at {shown(asked.target)} is KV version 2, JASM_VAULT_KV says 1"
        return InvalidSetup(problem, "set JASM_VAULT_KV to 2")
    if gone := _gone(answer):
        version = answer.metadata("version")
        advice = f"undelete it (vault kv undelete -versions={version} …), or write a new version"
        if "destroyed" in gone:
            advice = "write a new version, or name another one that is there"
        return SecretRefused(
            asked.provider, asked.path, asked.where, f"version {version}{gone}", advice
        )
    if _NO_MOUNT.search(said):
        mount, _ = paths.split(asked.path)
        advice = (
            f"is there a KV engine at {shown(mount)}? If its name has a slash, write "
            "MOUNT/data/PATH"
        )
        return SecretNotFound(asked.provider, asked.path, asked.where, said, advice)
    detail, correct = "", "path"
    if asked.version:
        detail, correct = f"version {asked.version}", "path or version"
    advice = f"create it there, or correct the {correct}; or else {_otherwise(asked)}"
    return SecretNotFound(asked.provider, asked.path, asked.where, detail, advice)


def _gone(answer: Answer) -> str:
    """How and when the version went that Vault has no data of; empty where none did."""
    data = answer.body.get("data")
    metadata = data.get("metadata") if isinstance(data, dict) else None
    if not isinstance(metadata, dict):
        return ""
    when = str(metadata.get("deletion_time") or "")
    if metadata.get("destroyed") is True:
        return f", made at {answer.metadata('created_time')}, was destroyed"
    return f" was deleted at {when}" if when else ""


def _unfit(answer: Answer, asked: Asked) -> JasmError:
    """An answer that is no secret of the engine's version."""
    if answer.body.get("lease_id"):
        detail = "it is dynamic: it has a lease, and ends with that"
        advice = "JASM keeps no leases: name a KV secret, or read it by Vault's own agent"
        return SecretRefused(asked.provider, asked.path, asked.where, detail, advice)
    kv = asked.settings.kv
    other = "2" if kv == "1" else "1"
    if isinstance(answer.body.get("data"), dict) and answer.versioned == (other == "2"):
        problem = f"{asked.server} gives {shown(asked.target)} as KV version {other}"
        return InvalidSetup(f"{problem}, and JASM_VAULT_KV says {kv}", f"set it to {other}")
    return ProviderUnavailable(asked.server, "HTTP 200, no answer of a KV engine")


def _unknown_token(asked: Asked, said: str) -> JasmError:
    if not asked.token.of_login:
        return NoIdentity([f"{asked.token.whose}: Vault does not know it ({said})"], LOGIN)
    advice = (
        "Vault does not know the token that it gave: see that the role's token_bound_cidrs have "
        "the pod's address; if only a standby lags behind, the next try will do"
    )
    return AccessDenied(asked.server, "", asked.token.whose, said, advice)


def _no_namespace(namespace: str) -> JasmError:
    advice = "create it, or correct VAULT_NAMESPACE or the entry's namespace"
    return InvalidSetup(f"Vault has no namespace {shown(namespace)}", advice)


def who(answer: Answer, token: Token) -> str:
    """Whom Vault takes the token for. Raises NoIdentity where it does not know it."""
    data = answer.body.get("data")
    if answer.status == 200 and isinstance(data, dict):
        policies = ", ".join(map(str, data.get("policies") or []))
        return f"{data.get('display_name') or token.whose} (policies {policies})"
    if answer.unknown_token and not token.of_login:
        raise NoIdentity([f"{token.whose}: Vault does not know it ({answer.said})"], LOGIN)
    return token.whose  # a policy without `default` lets no token look at itself
