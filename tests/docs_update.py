"""Write docs/errors.md from the failure table, and docs/annotation.schema.json from the parser's
own constants: `python -m tests.docs_update`.

`tests/test_docs.py` compares; the example sentences are the classes' own.
"""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from initsync import providers
from initsync.annotation import schema as annotation
from initsync.sync.report import told
from initsync.words import errors
from initsync.words.errors import JasmError
from initsync.words.model import PodRef, SyncRequest, Target
from initsync.words.outcome import Outcome
from initsync.words.wording import bug

DOCS = Path(__file__).parent.parent / "docs"
PAGE, SCHEMA = DOCS / "errors.md", DOCS / "annotation.schema.json"
ROLE = "arn:aws:iam::123456789012:role/app"
PATH = "/prod/codnod/config"
DOWN = errors.ProviderUnavailable("AWS Secrets Manager", "HTTP 503, ServiceUnavailable")
EXAMPLES: list[JasmError] = [
    errors.AnnotationError("unknown field 'secretname', did you mean 'secretName'?", 3),
    errors.UnsupportedProvider(
        "conjur", ["aws-secretsmanager", "azure-keyvault", "gcp-secret-manager"], 1
    ),
    errors.InvalidSecretData(
        "aws-secretsmanager", PATH, "key 'DB_PORT' is null: give it a value, or remove it"
    ),
    errors.NotManaged(
        "shop", "app-credentials", "belongs to 'Helm'", "name another secretName, or hand it over"
    ),
    errors.ForeignObject(
        "MutatingWebhookConfiguration jasm-injector",
        "has its CA from cert-manager (annotation cert-manager.io/inject-ca-from)",
        "choose one of the two: in the chart certificates.mode is job or certManager",
    ),
    errors.SecretNotFound(
        "aws-secretsmanager",
        PATH,
        "in region eu-central-1",
        advice="create it there, or correct path or region",
    ),
    errors.SecretRefused(
        "aws-secretsmanager",
        PATH,
        "in region eu-central-1",
        "InvalidRequestException: You can't perform this operation on the secret because it was "
        "marked for deletion.",
        "restore it (aws secretsmanager restore-secret), or name another path",
    ),
    errors.AccessDenied(
        "aws-secretsmanager",
        f"secretsmanager:GetSecretValue on {PATH} in eu-central-1",
        ROLE,
    ),
    errors.NoIdentity(
        ["static keys: AWS_ACCESS_KEY_ID is not set", "IRSA: AWS_ROLE_ARN is not set"],
        f"annotate the pod's ServiceAccount eks.amazonaws.com/role-arn: {ROLE}",
    ),
    errors.NoIdentityYet(
        ["EKS Pod Identity or ECS: 169.254.170.23 answered 404 'no association'"],
        "check the Pod Identity association of this ServiceAccount",
    ),
    DOWN,
    errors.ProviderRefused(
        "AWS Secrets Manager", "UnknownOperationException: because", "look up that code at AWS"
    ),
    errors.ClusterError("apply Secret shop/app-credentials", "Invalid at data (422)"),
    errors.ClusterForbidden(
        "get Secret shop/app-credentials", "secrets is forbidden (403)", "apply its Role"
    ),
    errors.ClusterTooLarge(
        "patch Secret shop/app-credentials",
        "Invalid at metadata.annotations (422)",
        "labels and annotations of others take 261900 bytes, most by note: remove some of them, "
        "or name another secretName",
    ),
    errors.ClusterUnavailable("GET secrets/app-credentials in namespace shop", "no answer"),
    errors.ClusterConflict("apply Secret shop/app-credentials", "it changed meanwhile (409)"),
    errors.InvalidSetup("JASM_TIMEOUT is 'soon'", "set it to seconds, such as 60 or 0.5"),
]
REMEDIES: dict[type[JasmError], str] = {
    errors.AnnotationError: (
        "Correct the annotation in the workload's pod template; `initsync check` "
        "finds the same before it is applied."
    ),
    errors.UnsupportedProvider: (
        "Name one of the providers that the sentence lists, or update JASM "
        "if yours came with a later version."
    ),
    errors.InvalidSecretData: (
        "Correct the secret at the provider, or what the annotation says of it by `format`, "
        "`keys`, `values` and `type` ([annotation.md](annotation.md)). Where it says none of "
        "these, the secret is a JSON object, with keys that Kubernetes allows, no nulls, at most "
        "1 MiB."
    ),
    errors.SecretNotFound: (
        "Create or restore the secret, or correct path or region; "
        "the pod recovers by itself at its next try."
    ),
    errors.SecretRefused: (
        "Restore the secret, or correct the path, as the sentence says; "
        "the pod recovers by itself at its next try."
    ),
    errors.AccessDenied: (
        "Grant the role the permission that the sentence names, on the resource that it names; "
        "where it names another policy that stands in the way, change that one; "
        "the pod recovers by itself at its next try."
    ),
    errors.NoIdentity: (
        "Give the ServiceAccount an AWS identity, see [identities.md](identities.md), "
        "and delete the pod: AWS's webhook acts at its creation only."
    ),
    errors.ProviderUnavailable: (
        "Check the way from the pod to AWS: network policy, proxy, VPC endpoint, DNS; "
        "AWS's own health. It is tried again."
    ),
    errors.ProviderRefused: (
        "Look up the provider's own code in its documentation, and tell us: "
        "it should have a row of its own."
    ),
    errors.NotManaged: (
        "Name another `secretName`, or hand the Secret over with the annotation "
        "`jasm.codnod.io/adopt` on it."
    ),
    errors.ForeignObject: (
        "Name this installation's own objects to `jasm-injector certs`, or hand the object over as "
        "the sentence says. This is no Event: the job of [certificates.md](certificates.md) says "
        "it in its log."
    ),
    errors.ClusterError: (
        "Ask the platform team with the sentence: it holds verb, resource, namespace "
        "and the API server's own words."
    ),
    errors.ClusterForbidden: (
        "Apply the Role of `deploy/manifests/app/role.yaml` for the pod's ServiceAccount; or see "
        "whose quota, webhook or policy the sentence names."
    ),
    errors.InvalidSetup: (
        "Correct the variable, file or package that the sentence names. Where it keeps the "
        "container from its pod or cluster there is no Event, only the last message."
    ),
}
"""What to do about any of its kind; the sentence itself says it for the case at hand."""
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


def schema() -> str:
    """Of the annotation, as `initsync schema` prints it."""
    return json.dumps(annotation.document(providers), indent=2) + "\n"


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


def remedy(error: JasmError) -> str:
    """That of its class, or of the nearest one above it."""
    return next(REMEDIES[kind] for kind in type(error).__mro__ if kind in REMEDIES)


def _reason(error: JasmError) -> str:
    return error.reason


if __name__ == "__main__":
    PAGE.write_text(page())
    SCHEMA.write_text(schema())
