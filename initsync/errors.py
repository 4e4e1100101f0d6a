"""The failure table: one class a row, each with its Event reason, exit code and sentence.

A sentence says what happened, where, and what to do. It is built here and nowhere else, from
names and numbers only: no class takes a secret value.
"""

from collections.abc import Iterable, Sequence

from initsync.keys import ANNOTATION
from initsync.wording import shown


class JasmError(Exception):
    """A failure that a person can act on."""

    reason = "InternalError"
    exit_code = 1
    transient = False
    """Whether trying again within seconds may help (design D7)."""
    retry_after: float | None = None
    """Seconds that the other side asked us to wait."""
    remedy = ""
    """What to do, for docs/errors.md; the sentence itself says it for the case at hand."""
    of_pods = True
    """Whether a pod's Event can carry the reason."""
    attempts = 1
    seconds = 0.0
    """What was spent on it so far, filled in by `initsync.retry`."""


class AnnotationError(JasmError):
    """The annotation's text breaks a rule; the pod's author mends it."""

    reason = "InvalidAnnotation"
    remedy = (
        "Correct the annotation in the workload's pod template; `initsync check` "
        "finds the same before it is applied."
    )
    exit_code = 3

    def __init__(self, problem: str, line: int | None = None, name: str = ANNOTATION) -> None:
        self.problem = problem
        self.line = line
        """Within the annotation's text, counted from 1."""
        place = f", line {line}" if line else ""
        super().__init__(f"annotation {name}{place}: {problem}")

    @classmethod
    def field(cls, name: str, found: str, rule: str, line: int | None) -> "AnnotationError":
        """The value of one field breaks `rule`."""
        return cls(f"{name} is {shown(found)}, but {rule}", line)


class UnsupportedProvider(AnnotationError):
    """The annotation names a provider that this version does not have."""

    remedy = (
        "Name one of the providers that the sentence lists, or update JASM "
        "if yours came with a later version."
    )
    reason = "UnsupportedProvider"

    def __init__(self, found: str, supported: Iterable[str], line: int | None = None) -> None:
        names = ", ".join(sorted(supported))
        super().__init__(f"provider is {shown(found)}, but must be one of: {names}", line)


class InvalidSecretData(JasmError):
    """What the provider holds cannot become a Kubernetes Secret."""

    reason = "InvalidSecretData"
    remedy = (
        "Correct the secret at the provider: a JSON object, keys that Kubernetes allows, "
        "no nulls, at most 1 MiB."
    )
    exit_code = 3

    def __init__(self, provider: str, path: str, problem: str) -> None:
        super().__init__(
            f"the secret at {provider} path {shown(path)} cannot become a Kubernetes Secret: "
            f"{problem}; correct it at the provider"
        )


class SecretNotFound(JasmError):
    """The provider has nothing at that path."""

    reason = "ExternalSecretNotFound"
    remedy = (
        "Create or restore the secret, or correct path or region; "
        "the pod recovers by itself at its next try."
    )
    exit_code = 4

    def __init__(
        self, provider: str, path: str, region: str, detail: str = "", advice: str = ""
    ) -> None:
        because = f" ({detail})" if detail else ""
        super().__init__(
            f"{provider} has no secret at path {shown(path)} in region {region}{because}: "
            f"{advice or 'create it there, or correct path or region'}"
        )


class AccessDenied(JasmError):
    """The provider refuses this identity."""

    reason = "ExternalSecretAccessDenied"
    remedy = (
        "Grant the role the permission that the sentence names, on the resource that it names; "
        "the pod recovers by itself at its next try."
    )
    exit_code = 4

    def __init__(self, target: str, permission: str, role: str, detail: str = "") -> None:
        because = f" ({detail})" if detail else ""
        super().__init__(f"{target} refused {role}{because}: grant it {permission}")


class NoIdentity(JasmError):
    """No source of cloud credentials is there, or the only one is unusable."""

    reason = "NoCloudIdentity"
    remedy = (
        "Give the ServiceAccount an AWS identity, see [identities.md](identities.md), "
        "and delete the pod: AWS's webhook acts at its creation only."
    )
    exit_code = 4

    def __init__(self, tried: Sequence[str], advice: str) -> None:
        super().__init__(f"no cloud identity (tried {'; '.join(tried)}): {advice}")
        self.tried = tried


class ProviderUnavailable(JasmError):
    """The provider could not be asked, or did not answer: worth another try."""

    reason = "ProviderUnavailable"
    remedy = (
        "Check the way from the pod to AWS: network policy, proxy, VPC endpoint, DNS; "
        "AWS's own health. It is tried again."
    )
    exit_code = 5
    transient = True

    def __init__(self, provider: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__()
        self.provider = provider
        self.detail = detail
        self.retry_after = retry_after
        self.note = ""
        """Why an earlier Secret does not do."""

    def __str__(self) -> str:
        times = f"{self.attempts} attempt" + ("s" if self.attempts > 1 else "")
        return (
            f"{self.provider} did not answer ({times} in {self.seconds:.1f} s): {self.detail}; "
            f"{self.note + '; ' if self.note else ''}"
            "check that the pod can reach it; it is tried again later"
        )


class ProviderRefused(JasmError):
    """The provider answered, and refused for a reason that no other row has."""

    reason = "ProviderUnavailable"
    remedy = (
        "Look up the provider's own code in its documentation, and tell us: "
        "it should have a row of its own."
    )
    exit_code = 5

    def __init__(self, provider: str, detail: str) -> None:
        super().__init__(f"{provider} refused the request ({detail}): look up that code at AWS")


class NotManaged(JasmError):
    """A Secret of that name exists and is not ours to change (design D6)."""

    reason = "SecretNotManaged"
    remedy = (
        "Name another `secretName`, or hand the Secret over with the annotation "
        "`jasm.codnod.io/adopt` on it."
    )
    exit_code = 3

    def __init__(self, namespace: str, name: str, owner: str, advice: str) -> None:
        super().__init__(f"Secret {namespace}/{name} {owner} and was left as it is: {advice}")


class ForeignObject(JasmError):
    """The job `jasm-injector certs` found an object that is not its own to change."""

    reason = "ObjectNotManaged"
    remedy = (
        "Name this installation's own objects to `jasm-injector certs`, or hand the object over as "
        "the sentence says."
    )
    exit_code = 3
    of_pods = False

    def __init__(self, found: str, owner: str, advice: str) -> None:
        super().__init__(f"{found} {owner} and was left as it is: {advice}")


class ClusterError(JasmError):
    """The Kubernetes API refused a request, or could not be reached."""

    reason = "KubernetesError"
    remedy = (
        "Ask the platform team with the sentence: it holds verb, resource, namespace "
        "and the API server's own words."
    )
    exit_code = 5

    def __init__(self, action: str, detail: str, advice: str = "") -> None:
        super().__init__(f"cannot {action}: {detail}" + (f"; {advice}" if advice else ""))
        self.advice = advice


class ClusterForbidden(ClusterError):
    """RBAC refuses the ServiceAccount."""

    remedy = (
        "Apply the Role of `deploy/manifests/app/role.yaml` for the pod's ServiceAccount; or see "
        "whose quota, webhook or policy the sentence names."
    )
    reason = "KubernetesForbidden"


class ClusterUnavailable(ClusterError):
    """The API server did not answer, or asked for patience: worth another try."""

    transient = True

    def __init__(
        self,
        action: str,
        detail: str,
        retry_after: float | None = None,
        advice: str = "it may be restarting",
    ) -> None:
        super().__init__(action, detail, advice)
        self.retry_after = retry_after

    def __str__(self) -> str:
        times = f" ({self.attempts} attempts in {self.seconds:.1f} s)" if self.attempts > 1 else ""
        return super().__str__() + times


class ClusterConflict(ClusterError):
    """The object changed since it was read: read it again (design D4)."""


class InvalidSetup(JasmError):
    """The program lacks a file, variable or package that it needs around it."""

    reason = "InvalidSetup"
    remedy = (
        "Correct the variable, file or package that the sentence names. Where it keeps the "
        "container from its pod or cluster there is no Event, only the last message."
    )
    exit_code = 2

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem}: {advice}")
