"""Write docs/errors.md anew from the failure table: `python -m tests.docs_update`.

`tests/test_docs.py` compares; the example sentences are the classes' own.
"""

from collections.abc import Iterator
from pathlib import Path

from initsync.words import errors
from initsync.words.errors import JasmError

PAGE = Path(__file__).parent.parent / "docs" / "errors.md"
ROLE = "arn:aws:iam::123456789012:role/app"
PATH = "/prod/codnod/config"
EXAMPLES: list[JasmError] = [
    errors.AnnotationError("unknown field 'secretname', did you mean 'secretName'?", 3),
    errors.UnsupportedProvider("vault", ["aws-secretsmanager"], 1),
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
    errors.SecretNotFound("aws-secretsmanager", PATH, "in region eu-central-1"),
    errors.SecretRefused(
        "aws-secretsmanager",
        PATH,
        "eu-central-1",
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
    errors.ProviderUnavailable("AWS Secrets Manager", "HTTP 503, ServiceUnavailable"),
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
        "Correct the secret at the provider: a JSON object, keys that Kubernetes allows, "
        "no nulls, at most 1 MiB."
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
        "the sentence says."
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
HEAD = """\
# Errors and what to do

<!-- Written by tests/docs_update.py from initsync/words/errors.py; change it there. -->

Every failure is one sentence: what happened, where, what to do. It is an Event on the pod, the last
line of the container's log, and so the container's message in `kubectl describe pod`. It never
contains a secret value. Where that is not enough, `initsync doctor --pod NAME` looks at everything
between the pod and its secret: [troubleshooting.md](troubleshooting.md).

A failure leaves an existing Secret as it is. The kubelet starts the container again with its own
back-off, so what is mended outside the pod needs no action on the pod, unless the table says so.

| Event reason | exit code | tried again in the container | what to do |
|---|---|---|---|
"""
MIDDLE = """
`ObjectNotManaged` is no Event: the job of [certificates.md](certificates.md) says it in its log.

Two Events are no failures: `SecretSynced` (Normal), and `StaleSecret` (Warning, exit code 0): AWS
did not answer, and the pod started with the Secret that an earlier pod got from the same path. The
sentence says how old that is; `jasm.codnod.io/on-failure` and `jasm.codnod.io/max-stale` say
whether it may. Of `initsync --pod` it has exit code 5: whoever ran it asked for a sync.

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

## What each looks like
"""


def page() -> str:
    """The whole text."""
    return HEAD + "".join(rows()) + MIDDLE + "".join(examples())


def rows() -> Iterator[str]:
    """One a reason; the first class of a reason speaks for it."""
    seen: set[str] = set()
    for error in EXAMPLES:
        if error.reason in seen:
            continue
        seen.add(error.reason)
        same = [other for other in EXAMPLES if other.reason == error.reason]
        again = "yes" if error.transient else "in part" if any(e.transient for e in same) else "no"
        yield f"| `{error.reason}` | {error.exit_code} | {again} | {remedy(error)} |\n"


def remedy(error: JasmError) -> str:
    """That of its class, or of the nearest one above it."""
    return next(REMEDIES[kind] for kind in type(error).__mro__ if kind in REMEDIES)


def examples() -> Iterator[str]:
    """A sentence of each class."""
    for error in EXAMPLES:
        yield f"\n**{type(error).__name__}**: {type(error).__doc__}\n\n    {error}\n"


if __name__ == "__main__":
    PAGE.write_text(page())
