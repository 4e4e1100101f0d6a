"""AWS as `initsync.doctor.diagnoses` asks for it."""

from collections.abc import Iterator, Sequence

from initsync.doctor.aws import asking
from initsync.doctor.aws.identity import check, identity_of
from initsync.doctor.diagnoses import Asker, Part, Patient
from initsync.doctor.result import Result


def identity(found: Patient, paths: Sequence[str]) -> Iterator[Result]:
    """Where the pod's AWS identity comes from, and its region."""
    yield from check(found.pod, found.account, paths)


def asked(asker: Asker, parts: Sequence[Part], found: Patient) -> Iterator[Result]:
    """What AWS says to the caller, or to the pod."""
    whose = identity_of(found.pod, found.account)
    if asker.as_pod:
        account = found.pod["spec"].get("serviceAccountName", "default")
        yield from asking.as_pod(asker, parts, account, whose)
    else:
        yield from asking.as_caller(asker, parts, whose)
