"""What an entry of Vault may say: path, version, and the fields that it alone has. Asks nobody.

A path is MOUNT/PATH, as people write it to `vault kv get`, or MOUNT/data/PATH, as the API and
policies have it. https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
"""

import re
from collections.abc import Mapping

from initsync.providers.interface import EntryField

LIMIT = 32_768
"""Bytes of a key in Vault's own storage (bbolt's MaxKeySize)."""
_VERSION = re.compile(r"[0-9]{1,18}")
_NAME_LIMIT = 512
# Control characters, with which a text would be several lines, and what UTF-8 cannot say.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Vault redirects to a path without them, which would be another secret than the one that is named.
_CLEANED = ("", ".", "..")
_DATA = "data"


def problem(path: str) -> str | None:
    """The rule that `path` breaks, as "must …", or None."""
    if not path.strip() or len(path.encode(errors="replace")) > LIMIT:
        return f"must be a mount and a path in it, MOUNT/PATH, of 1 to {LIMIT} bytes"
    if _UNFIT.search(path):
        return "must be one line of Unicode without control characters"
    parts = path.strip("/").split("/")
    if any(part in _CLEANED for part in parts):
        return "must have no part that is empty, '.' or '..'"
    if len(parts) == 1:
        return "must be a mount and a path in it, MOUNT/PATH"
    return None


def version_problem(version: str) -> str | None:
    """The rule that a version breaks, as "must …", or None."""
    return None if _VERSION.fullmatch(version) else "must be a version's number, such as 3"


def split(path: str) -> tuple[str, str]:
    """The mount and the path in it, without `data/`.

    The mount is all before the first `data/`. Without that it is the first part: of a mount whose
    own name has slashes only Vault knows where it ends.
    """
    parts = path.strip("/").split("/")
    end = next((number for number in range(1, len(parts) - 1) if parts[number] == _DATA), 0)
    mount = parts[:end] or parts[:1]
    return "/".join(mount), "/".join(parts[end + 1 :])


def target(path: str, kv: str) -> str:
    """Where the API has it, below `/v1/`: of KV version 1 just as it is written."""
    if kv == "1":
        return path.strip("/")
    mount, name = split(path)
    return f"{mount}/{_DATA}/{name}"


def _text_problem(text: str) -> str | None:
    if not text.strip() or len(text) > _NAME_LIMIT or _UNFIT.search(text):
        return f"must be one line of 1 to {_NAME_LIMIT} characters"
    return None


def _namespace_problem(text: str) -> str | None:
    # It goes into a header, which has Latin-1 only.
    return _text_problem(text) if text.isascii() else "must be a namespace's path in ASCII"


_ALLOWED = "The platform must allow it (`JASM_VAULT_FIELDS`)."
FIELDS: Mapping[str, EntryField] = {
    "role": EntryField(
        _text_problem,
        "Vault's role",
        f"The role of Vault's auth method, in place of the ServiceAccount's name. {_ALLOWED}",
    ),
    "namespace": EntryField(
        _namespace_problem,
        "Vault's namespace",
        f"The namespace of Vault, in place of the platform's. {_ALLOWED}",
    ),
}
"""The fields that entries of this provider may have beside the fields of all, by name."""
