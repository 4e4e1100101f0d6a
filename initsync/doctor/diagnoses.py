"""The clouds that the doctor knows, one line each; of another provider it says that it does not."""

import importlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol, cast

from initsync.doctor.result import Result, Stored, skipped
from initsync.kube.reads import Reads
from initsync.network.transport import Network
from initsync.words.model import JsonObject, SyncRequest

IDENTITY, WHO, SECRET = "identity", "cloud-identity", "cloud-secret"  # the checks' names
_MODULES = {"aws-secretsmanager": "initsync.doctor.aws.diagnosis"}
"""By provider the module that is its `Diagnosis`, imported when a pod asks for it."""


class Asker(NamedTuple):
    """Who asks the cloud, and how."""

    env: Mapping[str, str]
    reads: Reads
    network: Network
    as_pod: bool
    """With the pod's ServiceAccount in place of the caller's own identity."""


class Patient(NamedTuple):
    """A pod and its ServiceAccount."""

    pod: JsonObject
    account: Stored


class Diagnosis(Protocol):
    """What a cloud's module has."""

    def identity(self, found: Patient, path: str) -> Iterator[Result]:
        """Who the pod is to the cloud, by what stands in the cluster."""

    def asked(self, asker: Asker, request: SyncRequest, found: Patient) -> Iterator[Result]:
        """What the cloud itself says: WHO and SECRET. Never a value."""


def identity(provider: str, found: Patient, path: str) -> Iterator[Result]:
    """See `Diagnosis`."""
    if provider not in _MODULES:
        yield skipped(IDENTITY, _unknown(provider))
        return
    yield from _of(provider).identity(found, path)


def asked(asker: Asker, request: SyncRequest, found: Patient) -> Iterator[Result]:
    """See `Diagnosis`."""
    if request.provider not in _MODULES:
        yield from (skipped(name, _unknown(request.provider)) for name in (WHO, SECRET))
        return
    yield from _of(request.provider).asked(asker, request, found)


def _of(provider: str) -> Diagnosis:
    return cast("Diagnosis", importlib.import_module(_MODULES[provider]))


def _unknown(provider: str) -> str:
    return f"the doctor does not know {provider}: the log of jasm-init says what it answered"
