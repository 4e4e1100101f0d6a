"""A token of a pod's own ServiceAccount, to ask a cloud as the pod: for minutes, and on no disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from initsync.kube.reads import TOKENS, Reads
from initsync.words.model import SyncRequest

_SECONDS = 600
"""The shortest life that the API server gives a token."""


def made(reads: Reads, request: SyncRequest, account: str, audience: str) -> str:
    """Bound to the pod of `request`; without an audience it is for the API server's own.

    Raises ClusterError.
    """
    bound = {"apiVersion": "v1", "kind": "Pod", "name": request.pod_name, "uid": request.pod_uid}
    audiences = {"audiences": [audience]} if audience else {}
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {**audiences, "expirationSeconds": _SECONDS, "boundObjectRef": bound},
    }
    return str(reads.create(TOKENS, request.namespace, body, account)["status"]["token"])


@contextmanager
def readable(token: str) -> Iterator[str]:
    """A file to be read once, that is on no disk: the end of a pipe, which holds 64 KiB."""
    end, start = os.pipe()
    try:
        with os.fdopen(start, "w", encoding="ascii") as writer:
            writer.write(token)
        yield f"/dev/fd/{end}"
    finally:
        os.close(end)
