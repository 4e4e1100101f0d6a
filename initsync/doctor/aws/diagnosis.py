"""AWS as `initsync.doctor.diagnoses` asks for it."""

from collections.abc import Iterator

from initsync.doctor.aws import asking
from initsync.doctor.aws.identity import check, identity_of
from initsync.doctor.diagnoses import Asker, Patient
from initsync.doctor.result import Result
from initsync.words.model import SyncRequest


def identity(found: Patient, path: str) -> Iterator[Result]:
    """Where the pod's AWS identity comes from, and its region."""
    yield from check(found.pod, found.account, path)


def asked(asker: Asker, request: SyncRequest, found: Patient) -> Iterator[Result]:
    """What AWS says to the caller, or to the pod."""
    whose = identity_of(found.pod, found.account)
    if asker.as_pod:
        account = found.pod["spec"].get("serviceAccountName", "default")
        yield from asking.as_pod(asker, request, account, whose)
    else:
        yield from asking.as_caller(asker, request, whose)
