"""The types that a Secret may have, and the keys that the API server wants of each (D34).

https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go,
ValidateSecret
"""

from collections.abc import Collection

from initsync.words.model import OPAQUE

TLS = "kubernetes.io/tls"
DOCKER = "kubernetes.io/dockerconfigjson"
BASIC = "kubernetes.io/basic-auth"
SSH = "kubernetes.io/ssh-auth"
DOCKER_KEY = ".dockerconfigjson"

TYPES = (OPAQUE, TLS, DOCKER, BASIC, SSH)
"""All that JASM writes. `kubernetes.io/service-account-token` above all is not among them: who may
write that one may have any ServiceAccount's token (D27)."""
_ALL = {TLS: ("tls.crt", "tls.key"), DOCKER: (DOCKER_KEY,), SSH: ("ssh-privatekey",)}
_ONE = {BASIC: ("username", "password")}


def problem(kind: str) -> str | None:
    """The rule that a type breaks, as "must …", or None."""
    return None if kind in TYPES else f"must be one of: {', '.join(TYPES)}"


def keys_problem(kind: str, keys: Collection[str]) -> str | None:
    """What a Secret of that type lacks among its keys, as "must …", or None."""
    if missing := [key for key in _ALL.get(kind, ()) if key not in keys]:
        return f"must have the key {' and the key '.join(missing)}"
    if (either := _ONE.get(kind)) and not set(either) & set(keys):
        return f"must have the key {' or the key '.join(either)}"
    return None
