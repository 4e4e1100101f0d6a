"""The pod about itself: the downward API's files, as the injector mounts them."""

import os
from collections.abc import Mapping

from initsync.words import keys
from initsync.words.errors import InvalidSetup
from initsync.words.model import PodRef


def read_pod(directory: str) -> PodRef:
    """Namespace, name and UID. Raises InvalidSetup."""
    return PodRef(*(_read(directory, field) for field in PodRef._fields))


def read_annotations(directory: str) -> Mapping[str, str]:
    """The raw texts of JASM's annotations; of all but the sync itself those that say something.

    A missing annotation is an empty file, as an empty one is (measured): here nobody can tell
    them apart. Of a pod spec written by hand the files for anything but the sync itself may be
    missing too. Raises InvalidSetup.
    """
    texts = {
        name: _read(directory, file)
        for name, file in keys.PODINFO_FILES.items()
        if name == keys.ANNOTATION or os.path.exists(os.path.join(directory, file))
    }
    return {name: text for name, text in texts.items() if text or name == keys.ANNOTATION}


def version(directory: str) -> object:
    """Something that differs once the kubelet has changed any of the files.

    It swaps one symbolic link for all of them; files laid out by hand are told by their state.
    https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
    """
    try:
        return os.readlink(os.path.join(directory, "..data"))
    except OSError:
        return [_state(os.path.join(directory, file)) for file in keys.PODINFO_FILES.values()]


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _read(directory: str, name: str) -> str:
    path = os.path.join(directory, name)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8"
        advice = f"mount the pod's downward API at {keys.PODINFO_DIR}, as deploy/examples/ shows"
        raise InvalidSetup(f"cannot read {path} ({problem})", advice) from error
