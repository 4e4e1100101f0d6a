"""Which hosts are Google's: the platform says it, and no file that others may write (D39). Pure."""

import re
from collections.abc import Mapping

from initsync.network import urls
from initsync.words.errors import InvalidSetup
from initsync.words.wording import shown

UNIVERSE = "GOOGLE_CLOUD_UNIVERSE_DOMAIN"
"""The variable of Google's own clients that names a sovereign or air-gapped cloud."""
PUBLIC = "googleapis.com"
_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9]*(?:\.[A-Za-z0-9][-A-Za-z0-9]*)+")


def domain(env: Mapping[str, str]) -> str:
    """That in which Google's services are. Raises InvalidSetup."""
    found = env.get(UNIVERSE) or PUBLIC
    if not _NAME.fullmatch(found):
        raise InvalidSetup(f"{UNIVERSE} is {shown(found)}", f"set it to a name, such as {PUBLIC}")
    return found.lower()


def secret_manager(location: str, within: str) -> str:
    """The URL that has the secrets of a location; of global ones where it is empty.

    https://cloud.google.com/secret-manager/regional-secrets/create-regional-secret
    """
    place = f".{location}.rep" if location else ""
    return f"https://secretmanager{place}.{within}"


def refused(url: str, within: str) -> str:
    """Why a pod's token may not be sent to `url`; empty where it may.

    The file that has it may be a ConfigMap of the pod's namespace.
    """
    try:
        place = urls.place(url)
    except InvalidSetup as error:
        return str(error)
    named = place.host.lower().endswith(f".{within}")
    if place.secure and named:
        return ""
    return f"{shown(urls.without_user(url))} is not https, or no host of {within}"
