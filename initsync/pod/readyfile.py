"""The sidecar's file `ready`, by which its startup probe and its next process know that this pod
has been served.

It holds the pod's UID: a backup may bring a volume's files back into another pod, which has been
served nothing.
"""

import os
from collections.abc import Mapping

from initsync.words import keys
from initsync.words.errors import InvalidSetup

_UID = "uid"  # of the downward API's files


def is_there(env: Mapping[str, str]) -> bool:
    """Whether the pod has been served. One of another pod is removed, for the probe's sake."""
    if not (path := _path(env)) or not os.path.exists(path):
        return False
    if _read(path) == _uid(env):
        return True
    os.unlink(path)
    return False


def write(env: Mapping[str, str]) -> None:
    """The pod has been served. Raises InvalidSetup."""
    if not (path := _path(env)):
        return
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(_uid(env))
    except OSError as error:
        problem = f"cannot write {path} ({error.strerror})"
        raise InvalidSetup(problem, "mount an emptyDir volume there, writable") from error


def _path(env: Mapping[str, str]) -> str:
    directory = env.get("JASM_HANDOVER_DIR")
    return os.path.join(directory, keys.READY_FILE) if directory else ""


def _uid(env: Mapping[str, str]) -> str:
    """Empty where the pod does not show it: then all files are as good as its own."""
    return _read(os.path.join(env.get("JASM_PODINFO_DIR", keys.PODINFO_DIR), _UID))


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return ""
