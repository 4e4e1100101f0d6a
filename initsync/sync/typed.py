"""What the API server wants of a Secret of a type, said before it is asked (D34). Pure.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go,
ValidateSecret
"""

import json

from initsync.words import secrettypes
from initsync.words.errors import InvalidSecretData
from initsync.words.model import Data, Target, Value


def check(target: Target, data: Data) -> None:
    """Raise InvalidSecretData where `data` is not what the target's type wants."""
    kind = target.form.type
    rule = secrettypes.keys_problem(kind, data)
    if kind == secrettypes.DOCKER and not rule and not _is_object(data[secrettypes.DOCKER_KEY]):
        rule = f"must have a JSON object at the key {secrettypes.DOCKER_KEY}"
    if kind == secrettypes.SSH and not rule and not data["ssh-privatekey"]:
        rule = "must have a value at the key ssh-privatekey"
    if rule:
        first = target.entries[0]
        raise InvalidSecretData(
            first.provider, first.secret_path, f"a Secret of type {kind} {rule}"
        )


def _is_object(value: Value) -> bool:
    try:
        return isinstance(json.loads(value), dict | None)  # Go decodes null into a map, too
    except (ValueError, RecursionError):
        return False
