"""Which Azure it is: where tokens come from, and how hosts of vaults end. Pure."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from initsync.network import urls
from initsync.providers.azure import paths
from initsync.words.errors import InvalidSetup
from initsync.words.wording import shown

AUTHORITY = "AZURE_AUTHORITY_HOST"
"""The webhook of workload identity sets it, beside the three of `entra`."""
SUFFIX = "JASM_AZURE_VAULT_SUFFIX"
"""The platform's: how hosts of vaults end, for a cloud that is not in the table."""
_PUBLIC = "https://login.microsoftonline.com"
# By the host of the authority. The first six: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers
# and https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud, their
# other names https://github.com/AzureAD/microsoft-authentication-library-for-python/blob/dev/msal/authority.py;
# the last two https://github.com/dotnet/SqlClient/blob/main/src/Microsoft.Data.SqlClient/add-ons/AzureKeyVaultProvider/Constants.cs
_SUFFIXES = {
    "login.microsoftonline.com": "vault.azure.net",
    "login.windows.net": "vault.azure.net",
    "login.chinacloudapi.cn": "vault.azure.cn",
    "login.partner.microsoftonline.cn": "vault.azure.cn",
    "login.microsoftonline.us": "vault.usgovcloudapi.net",
    "login.usgovcloudapi.net": "vault.usgovcloudapi.net",
    "login.sovcloud-identity.fr": "vault.sovcloud-api.fr",
    "login.sovcloud-identity.de": "vault.sovcloud-api.de",
}
AUTHORITIES = tuple(f"https://{host}/" for host in _SUFFIXES)
"""As Azure's webhook writes them."""
_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9]*(?:\.[A-Za-z0-9][-A-Za-z0-9]*)+")


class Cloud(NamedTuple):
    """One of Azure's clouds: the public one, or a sovereign one."""

    authority: str
    """The URL that has the token endpoints of its tenants, without a slash at its end."""
    suffix: str
    """A vault's host is VAULT, a dot, and this."""

    @property
    def scope(self) -> str:
        """What a token is asked for, for vaults of this cloud."""
        return f"https://{self.suffix}/.default"

    def vault(self, name: str) -> str:
        """The URL of a vault."""
        return f"https://{name}.{self.suffix}"


def cloud(env: Mapping[str, str]) -> Cloud:
    """The cloud that the environment names. Raises InvalidSetup."""
    authority = _authority(env.get(AUTHORITY) or _PUBLIC)
    suffix = env.get(SUFFIX, "").lstrip(".")
    if suffix and not _NAME.fullmatch(suffix):
        raise InvalidSetup(f"{SUFFIX} is {shown(suffix)}", "set it to a name, as vault.azure.net")
    known = _SUFFIXES.get(urls.place(authority).host)
    if not suffix and not known:
        problem = f"{AUTHORITY} is {shown(authority)}, a cloud whose vaults' names are not known"
        raise InvalidSetup(problem, f"set {SUFFIX} to what they end in, as vault.azure.net")
    return Cloud(authority, suffix or str(known))


def _authority(text: str) -> str:
    """Without a scheme it is https, as Microsoft's clients have it; with another it is refused."""
    url = (text if "://" in text else f"https://{text}").rstrip("/")
    place = urls.place(url)
    if not place.secure:
        problem = f"{AUTHORITY} is {shown(urls.without_user(text))}, which is not https"
        raise InvalidSetup(problem, "a token is sent there: name the host with https://")
    return url


def is_authority(url: str) -> bool:
    """Whether tokens of one of Azure's own clouds come from there."""
    return url in AUTHORITIES or f"{url}/" in AUTHORITIES


def vault_of(path: str, env: Mapping[str, str]) -> str:
    """The vault that a path is in: its own, or the platform's. Raises InvalidSetup without one."""
    if named := paths.secret_id(path).vault:
        return named
    if not (vault := env.get(paths.VAULT, "")):
        problem = f"no vault for {shown(path)}: {paths.VAULT} is not set"
        raise InvalidSetup(problem, "write VAULT/NAME as path, or have the platform set it")
    if not paths.is_vault(vault):
        advice = "set it to a vault's name alone, without dots"
        raise InvalidSetup(f"{paths.VAULT} is {shown(vault)}", advice)
    return vault
