"""What may be a path of Azure Key Vault: VAULT/NAME, or NAME in the platform's vault. Asks nobody.

VAULT becomes a part of a host's name, so it is one label of DNS: nobody chooses by it where a token
goes (D39). Of NAME and of versions Azure itself decides what they may be (D37).
https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftkeyvault
"""

import re
from typing import NamedTuple

from initsync.words.wording import shown

VAULT = "JASM_AZURE_VAULT"
"""The platform's: the vault of paths that name none."""
_LIMIT = 1000
_VERSION_LIMIT = 256
# Control characters, with which a path would be several lines of whatever shows it, and what UTF-8
# and so an annotation cannot say.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# https://www.rfc-editor.org/rfc/rfc1035#section-2.3.1
_LABEL = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?")
_IDENTIFIER = re.compile(r"https://([^/.]+)\.[^/]+/secrets/([^/]+)(?:/([^/]*))?/?")


class SecretId(NamedTuple):
    """The vault that a secret is in, and the secret's name."""

    vault: str
    """The vault's name; empty: the platform's vault."""
    name: str


def secret_id(path: str) -> SecretId:
    """What a path that has no problem names; a slash before it means nothing."""
    vault, slash, name = path.removeprefix("/").partition("/")
    return SecretId(vault, name) if slash else SecretId("", vault)


def problem(path: str) -> str | None:
    """The rule that `path` breaks, as "must …", or None."""
    if not path.strip() or len(path) > _LIMIT:
        return f"must be VAULT/NAME or NAME, of 1 to {_LIMIT} characters"
    if _UNFIT.search(path):
        return "must be one line of Unicode without control characters"
    if found := _IDENTIFIER.fullmatch(path):
        pinned = f", with version: {shown(found[3])}" if found[3] else ""
        return (
            f"must be VAULT/NAME: write {shown(f'{found[1]}/{found[2]}')} for the secret of that "
            f"identifier{pinned}; the platform says which cloud is asked"
        )
    vault, name = secret_id(path)
    if vault and not is_vault(vault):
        return f"must begin with a vault's name alone, as in shop/db, and not with {shown(vault)}"
    if "/" in path.removeprefix("/") and not vault:
        return "must have a vault's name before its slash, as in shop/db"
    if not name.strip() or _climbs(name):
        return "must name a secret, as in shop/db"
    return None


def version_problem(version: str) -> str | None:
    """The rule that a version's id breaks, as "must …", or None."""
    unfit = not version.strip() or len(version) > _VERSION_LIMIT or _UNFIT.search(version)
    if unfit or _climbs(version):
        return f"must be the id of a version, of 1 to {_VERSION_LIMIT} characters"
    return None


def is_vault(text: str) -> bool:
    """Whether it is one label of a host's name, so that no other host is made with it."""
    return _LABEL.fullmatch(text) is not None


def _climbs(text: str) -> bool:
    """Whether whoever reads it as a URL's path would go elsewhere."""
    return not {".", ".."}.isdisjoint(text.split("/"))
