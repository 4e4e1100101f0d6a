"""An example of every failure for docs/errors.md, and what to do about any of its kind."""

from initsync.words import errors
from initsync.words.errors import JasmError

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


def remedy(error: JasmError) -> str:
    """That of its class, or of the nearest one above it."""
    return next(REMEDIES[kind] for kind in type(error).__mro__ if kind in REMEDIES)
