"""The pod about itself: the downward API's files, as the injector mounts them."""

import os

from initsync.errors import InvalidSetup
from initsync.keys import PODINFO_DIR
from initsync.model import PodRef

ANNOTATION_FILE = "secret-sync"


def read_pod(directory: str) -> PodRef:
    """Namespace, name and UID. Raises InvalidSetup."""
    return PodRef(*(_read(directory, field) for field in PodRef._fields))


def read_annotation(directory: str) -> str | None:
    """The annotation's raw text, or None: a missing annotation is an empty file (measured)."""
    return _read(directory, ANNOTATION_FILE) or None


def _read(directory: str, name: str) -> str:
    path = os.path.join(directory, name)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8"
        advice = f"mount the pod's downward API at {PODINFO_DIR}, as deploy/examples/ shows"
        raise InvalidSetup(f"cannot read {path} ({problem})", advice) from error
