"""Names that are made of others. Pure."""

import hashlib

_DIGEST = 8  # characters


def within(name: str, limit: int) -> str:
    """The name; of one longer than `limit` its start, and a digest of all of it.

    Before the digest there is no dot, which the dash behind it must not follow in DNS.
    """
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    return f"{name[: limit - _DIGEST - 1].rstrip('.')}-{digest}"
