"""What docs/errors.md says: the failure table, a section a reason, and what is no failure."""

import re
from collections.abc import Iterator
from itertools import groupby

from initsync.sync.report import told
from initsync.words.errors import JasmError
from initsync.words.model import PodRef, SyncRequest, Target
from initsync.words.outcome import Outcome
from initsync.words.wording import bug
from tests.errors_examples import DOWN, EXAMPLES, PATH, remedy

POD = PodRef("shop", "app", "1")
SYNC = Target((SyncRequest("aws-secretsmanager", PATH, "app-credentials", POD),))
KEPT = Outcome("stale", SYNC, ("DB_PASSWORD", "DB_USER"), f"last written 17m ago; {DOWN}")
MADE = Outcome("created", SYNC, ("DB_PASSWORD", "DB_USER"), version="5f2e1c09-7a31-4d0e")
CHANGED = MADE._replace(action="updated", before="aws-secretsmanager /prod/other/config")
EXPIRED = MADE._replace(warning="it expired on 2026-11-30: store a new version there")
HEAD = """\
# Errors and what to do

<!-- Written by tests/docs_update.py from initsync/words/errors.py; change it there. -->

Every failure is one sentence: what happened, where, what to do. It is an Event on the pod, the last
line of the container's log, and so the container's message in `kubectl describe pod`. It never
contains a secret value. Of several Secrets each failure is an Event, and the gravest is the last
line. Where that is not enough, `initsync doctor --pod NAME` looks at everything
between the pod and its secret: [troubleshooting.md](troubleshooting.md).

A failure leaves an existing Secret as it is. The kubelet starts the container again with its own
back-off. So the pod recovers by itself once the cause is mended, unless its section says otherwise.
In a pod with `restartPolicy: Never` the container itself waits until its deadline for a secret that
is missing, for a denial to end, and for an identity that is not known yet.

Find the Event's reason:

| Event reason | exit code | tried again in the container |
|---|---|---|
"""
MIDDLE = """
## Exit codes

Of `jasm-init`, of `initsync` and of `jasm-injector certs`:

| code | meaning |
|---|---|
| 0 | the Secret says what the provider says, or the pod's annotations let it start all the same |
| 1 | a bug in JASM, told by its place: please report it |
| 2 | wrong use, or something missing around the program |
| 3 | the annotation, the fetched data or an existing object must change |
| 4 | the cloud refuses: not found, no permission, no identity |
| 5 | the cloud or the Kubernetes API cannot be reached, or refuses |
| 130, 143 | ended by Ctrl-C, by SIGTERM (of a sidecar that is its normal end: 0) |
"""
# A real one would name a line that the next commit moves.
INTERNAL = bug(KeyError()).replace("KeyError", "KeyError in Provider.fetch, line 54")
SYNCED = f"""
## SecretSynced

Exit code 0. All is well. The Event is of type Normal.

    {MADE.sentence}
"""
STALE = f"""
## StaleSecret

Exit code 0, with a Warning. The provider did not answer in any try, and the pod started with the
Secret that an earlier pod got for the same entry of its annotation. The sentence says
how old that is.

Look at the provider's health, and at the way to it. `jasm.codnod.io/on-failure` and
`jasm.codnod.io/max-stale` say whether such a Secret will do. `initsync --pod` then has exit code 5,
because whoever ran it asked for a sync.

    {KEPT.sentence}
"""
REPLACED = f"""
## SecretSourceChanged

Exit code 0, with a Warning. The sync is done, and the Secret had been written from another source
before. That is so once after a change of `path` or `provider`, and then all is well. It comes again
and again where two workloads of a namespace name the same `secretName` with different sources: each
overwrites what the other one needs. Give each its own name.

    {told(CHANGED).sentence}
"""
DOUBTFUL = f"""
## ExternalSecretDoubtful

Exit code 0, with a Warning. The sync is done, and the provider said something of the secret that
somebody should look at: Azure gives secrets that have expired, or are not active yet, and says so.

    {told(EXPIRED).sentence}
"""
BROUGHT = """
## PodEvicted

Exit code 0, of a sidecar. The Event is of type Normal. The pod asked for its own eviction, because
`on-change: evict` says so and a sync found another value. Its controller makes another pod
([rotation.md](rotation.md)).

    Secret app-credentials changed: the pod was evicted, so that another starts with it

## AppTold

Exit code 0, of a sidecar. The Event is of type Normal. The app got the signal or the POST of
`on-change`.

    Secret web changed: POST http://localhost:9090/-/reload was answered with 200

## AppOutdated

Exit code 0, of a sidecar, with a Warning. A sync found another value, and the app still has the one
of before: what `on-change` asks for could not be done. The sentence says why, and whether it is
tried again. If it is not, restart the app: `kubectl rollout restart`, or delete the pod.

    Secret web changed, and the app goes on with the value of before: no process named nginx runs
    in the pod that HUP could go to
"""
TRIED = {
    "yes": "The container itself tries again: at most five times, within its deadline.",
    "in part": "The container itself tries again where that may help: at most five times.",
    "no": "The container does not try again by itself.",
}
BUG = f"""
## InternalError

Exit code 1. {TRIED["no"]}

It is a bug in JASM. Please report it with the sentence: that names its place.

    {INTERNAL}
"""


def page() -> str:
    """The whole text."""
    kinds = [(reason, list(same)) for reason, same in groupby(sorted_examples(), key=_reason)]
    rows = [row(reason, same[0].exit_code, again(same)) for reason, same in kinds]
    rows += [
        row("SecretSynced", 0, ""),
        row("StaleSecret", 0, "yes"),
        row("SecretSourceChanged", 0, ""),
        row("ExternalSecretDoubtful", 0, ""),
        row("PodEvicted", 0, ""),
        row("AppTold", 0, ""),
        row("AppOutdated", 0, "in part"),
        row("InternalError", 1, "no"),
    ]
    sections = [part for reason, same in kinds for part in section(reason, same)]
    return "".join(
        (HEAD, *rows, MIDDLE, *sections, SYNCED, STALE, REPLACED, DOUBTFUL, BROUGHT, BUG)
    )


def sorted_examples() -> list[JasmError]:
    """Those of one reason together, reasons in the order in which they come first."""
    reasons = [error.reason for error in EXAMPLES]
    return sorted(EXAMPLES, key=lambda error: reasons.index(error.reason))


def row(reason: str, code: int, tried: str) -> str:
    """Of the table."""
    return f"| [`{reason}`](#{reason.lower()}) | {code} | {tried} |\n"


def again(same: list[JasmError]) -> str:
    """Whether the container itself tries again, by the classes of one reason."""
    tried = {error.transient for error in same}
    return "in part" if len(tried) > 1 else "yes" if True in tried else "no"


def section(reason: str, same: list[JasmError]) -> Iterator[str]:
    """The first class of a reason speaks for it; a sentence of each follows."""
    yield f"\n## {reason}\n\nExit code {same[0].exit_code}. {TRIED[again(same)]}\n"
    yield f"\n{remedy(same[0])}\n"
    for error in same:
        said = re.sub(r" \([DF]\d+\)", "", type(error).__doc__ or "")
        yield f"\n{said}\n\n    {error}\n"


def _reason(error: JasmError) -> str:
    return error.reason
