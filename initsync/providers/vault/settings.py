"""What the platform says of its Vault, read from the environment. Pure.

| variable | meaning |
|---|---|
| VAULT_ADDR | `https://HOST[:PORT]`, and a path below which Vault is |
| VAULT_NAMESPACE | of Vault Enterprise or OpenBao; none by default |
| VAULT_CACERT, VAULT_CACERT_BYTES | the CA: a file's name, or PEM; else what the system trusts |
| JASM_VAULT_AUTH | the auth method's mount; default `kubernetes` |
| JASM_VAULT_ROLE | its role; default the ServiceAccount's name |
| JASM_VAULT_TOKEN_FILE | the token to log in with; default `vault-token` beside the API server's |
| JASM_VAULT_KV | the version of the secrets engine: `2` (default) or `1` |
| JASM_VAULT_FIELDS | which of `role` and `namespace` entries may have; none by default |
| JASM_VAULT_REDIRECTS | hosts beside VAULT_ADDR's own to which Vault may redirect |

The first four are Vault's own: https://developer.hashicorp.com/vault/docs/commands#environment-variables
"""

import os.path
from collections.abc import Mapping
from typing import NamedTuple

from initsync.words import keys
from initsync.words.errors import InvalidSetup
from initsync.words.wording import shown

TOKEN_FILE = "vault-token"  # noqa: S105  # a file's name
FIELDS = ("role", "namespace")
_FALSE = ("", "0", "f", "false")  # https://pkg.go.dev/strconv#ParseBool


class VaultSettings(NamedTuple):
    """What decides where a token is sent is all here: no annotation has any of it (D39)."""

    address: str
    namespace: str
    ca_file: str
    ca_pem: str
    auth: str
    """The auth method's mount, without `auth/`."""
    role: str
    """The role; empty: the one named as the ServiceAccount."""
    token_file: str
    kv: str
    fields: tuple[str, ...]
    redirects: tuple[str, ...]


def from_env(env: Mapping[str, str]) -> VaultSettings:
    """The variables of the container. Raises InvalidSetup."""
    return VaultSettings(
        _address(env),
        env.get("VAULT_NAMESPACE", "").strip("/"),
        env.get("VAULT_CACERT", ""),
        env.get("VAULT_CACERT_BYTES", ""),
        env.get("JASM_VAULT_AUTH", "").strip("/").removeprefix("auth/") or "kubernetes",
        env.get("JASM_VAULT_ROLE", ""),
        _token_file(env),
        _kv(env),
        _fields(env),
        _listed(env, "JASM_VAULT_REDIRECTS"),
    )


def _address(env: Mapping[str, str]) -> str:
    if env.get("VAULT_SKIP_VERIFY", "").lower() not in _FALSE:
        advice = "take it away, and name Vault's CA by VAULT_CACERT or VAULT_CACERT_BYTES"
        raise InvalidSetup("VAULT_SKIP_VERIFY is set, and JASM sends no token unverified", advice)
    if address := env.get("VAULT_ADDR", ""):
        return address
    advice = "set it for the container, as the chart's injection.env does for every pod"
    raise InvalidSetup("VAULT_ADDR is not set", advice)


def _token_file(env: Mapping[str, str]) -> str:
    """The API server's own token is refused: whoever gets it may do all that the pod may do."""
    directory = env.get("JASM_SERVICEACCOUNT_DIR") or keys.SERVICEACCOUNT_DIR
    path = env.get("JASM_VAULT_TOKEN_FILE") or os.path.join(directory, TOKEN_FILE)
    theirs = os.path.join(directory, "token")
    if os.path.realpath(path) == os.path.realpath(theirs):
        problem = f"JASM_VAULT_TOKEN_FILE is {shown(path)}, which only the Kubernetes API gets"
        raise InvalidSetup(problem, "project a token for Vault (the chart's injection.tokens)")
    return path


def _kv(env: Mapping[str, str]) -> str:
    if (found := env.get("JASM_VAULT_KV") or "2") not in ("1", "2"):
        raise InvalidSetup(f"JASM_VAULT_KV is {shown(found)}", "set it to 2 or 1")
    return found


def _fields(env: Mapping[str, str]) -> tuple[str, ...]:
    found = _listed(env, "JASM_VAULT_FIELDS")
    if unknown := [name for name in found if name not in FIELDS]:
        advice = f"list those that entries may have: {', '.join(FIELDS)}"
        raise InvalidSetup(f"JASM_VAULT_FIELDS has {shown(unknown[0])}", advice)
    return found


def _listed(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(env.get(name, "").replace(",", " ").split())
