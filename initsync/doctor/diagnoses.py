"""The clouds that the doctor knows, one line each; of another provider it says that it does not."""

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, cast

from initsync.doctor.result import Result, Stored, skipped
from initsync.kube.reads import Reads
from initsync.network.transport import Network
from initsync.words.model import JsonObject, SyncRequest, Target, targets

IDENTITY, WHO, SECRET = "identity", "cloud-identity", "cloud-secret"  # the checks' names
_MODULES = {
    "aws-parameter-store": "initsync.doctor.aws.diagnosis",
    "aws-secretsmanager": "initsync.doctor.aws.diagnosis",
    "azure-keyvault": "initsync.doctor.azure.diagnosis",
    "gcp-secret-manager": "initsync.doctor.gcp.diagnosis",
    "vault": "initsync.doctor.vault.diagnosis",
}
"""The module that is a provider's `Diagnosis`, imported when a pod asks for that provider."""


class Asker(NamedTuple):
    """Who asks the cloud, and how."""

    env: Mapping[str, str]
    reads: Reads
    network: Network
    as_pod: bool
    """Whether to ask as the pod's ServiceAccount, in place of the caller's own identity."""


class Patient(NamedTuple):
    """A pod and its ServiceAccount."""

    pod: JsonObject
    account: Stored


class Part(NamedTuple):
    """What one provider has of a Secret."""

    target: Target
    whole: bool
    """No other provider has any of it."""


class Diagnosis(Protocol):
    """What a cloud's module has."""

    def identity(self, found: Patient, paths: Sequence[str]) -> Iterator[Result]:
        """Who the pod is to the cloud, by what stands in the cluster."""

    def asked(self, asker: Asker, parts: Sequence[Part], found: Patient) -> Iterator[Result]:
        """What the cloud itself says: WHO once, and SECRET for each part. Never a value."""


def identity(requests: Iterable[SyncRequest], found: Patient) -> Iterator[Result]:
    """See `Diagnosis`; of each cloud once."""
    paths: dict[str, list[str]] = {}
    for provider, own in _by_provider(requests).items():
        if provider in _MODULES:
            paths.setdefault(_MODULES[provider], []).extend(it.secret_path for it in own)
        else:
            yield skipped(IDENTITY, _unknown(provider))
    for module, asked_for in paths.items():
        yield from _diagnosis(module).identity(found, asked_for)


def asked(asker: Asker, requests: Sequence[SyncRequest], found: Patient) -> Iterator[Result]:
    """See `Diagnosis`; of each provider in turn."""
    entries = {target.secret_name: len(target.entries) for target in targets(requests)}
    for provider, own in _by_provider(requests).items():
        if provider in _MODULES:
            mine = targets(own)
            parts = [Part(it, len(it.entries) == entries[it.secret_name]) for it in mine]
            yield from _diagnosis(_MODULES[provider]).asked(asker, parts, found)
        else:
            yield from (skipped(name, _unknown(provider)) for name in (WHO, SECRET))


def _by_provider(requests: Iterable[SyncRequest]) -> dict[str, list[SyncRequest]]:
    found: dict[str, list[SyncRequest]] = {}
    for request in requests:
        found.setdefault(request.provider, []).append(request)
    return found


def _diagnosis(module: str) -> Diagnosis:
    return cast("Diagnosis", importlib.import_module(module))


def _unknown(provider: str) -> str:
    return f"the doctor does not know {provider}: the log of jasm-init says what it answered"
