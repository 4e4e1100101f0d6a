"""The failure table: one class a row, each with its Event reason, exit code and sentence.

A sentence says what happened, where, and what to do. It is built here and nowhere else, from
names and numbers only: no class takes a secret value.
"""

from collections.abc import Iterable, Sequence

from initsync.words.keys import ANNOTATION
from initsync.words.wording import shown


class JasmError(Exception):
    """A failure that a person can act on."""

    reason = "InternalError"
    exit_code = 1
    transient = False
    """Whether trying again within seconds may help (D7)."""
    retry_after: float | None = None
    """Seconds that the other side asked us to wait."""
    of_pods = True
    """Whether a pod's Event can carry the reason."""
    attempts = 1
    seconds = 0.0
    """What was spent on it so far, filled in by `initsync.sync.retry`."""


class AnnotationError(JasmError):
    """The annotation's text breaks a rule; the pod's author mends it."""

    reason = "InvalidAnnotation"
    exit_code = 3

    def __init__(
        self, problem: str, line: int | None = None, name: str = ANNOTATION, of: str = "annotation"
    ) -> None:
        """`of`: that, or `label` where one says the same."""
        self.problem = problem
        self.line = line
        """The line within the annotation's text, counted from 1."""
        self.name = name
        """The name of the annotation."""
        place = f", line {line}" if line else ""
        super().__init__(f"{of} {name}{place}: {problem}")

    @classmethod
    def field(cls, name: str, found: str, rule: str, line: int | None) -> "AnnotationError":
        """The value of one field breaks `rule`."""
        return cls(f"{name} is {shown(found)}, but {rule}", line)


class UnsupportedProvider(AnnotationError):
    """The annotation names a provider that this version does not have."""

    reason = "UnsupportedProvider"

    def __init__(
        self, found: str, supported: Iterable[str], line: int | None = None, place: str = ""
    ) -> None:
        """`place` is put before the field's name, such as `secrets[1].`"""
        names = ", ".join(sorted(supported))
        super().__init__(f"{place}provider is {shown(found)}, but must be one of: {names}", line)


class InvalidSecretData(JasmError):
    """What the provider holds cannot become a Kubernetes Secret."""

    reason = "InvalidSecretData"
    exit_code = 3

    def __init__(self, provider: str, path: str, problem: str) -> None:
        super().__init__(
            f"the secret at {provider} path {shown(path)} cannot become a Kubernetes Secret: "
            f"{problem}; correct it at the provider"
        )


class SecretNotFound(JasmError):
    """The provider has nothing at that path."""

    reason = "ExternalSecretNotFound"
    exit_code = 4

    def __init__(
        self, provider: str, path: str, where: str = "", detail: str = "", advice: str = ""
    ) -> None:
        """`where`: in which of the provider's places it was looked for, as "in region x"."""
        looked = " ".join(filter(None, (shown(path), where)))
        because = f" ({detail})" if detail else ""
        super().__init__(
            f"{provider} has no secret at path {looked}{because}: "
            f"{advice or 'create it there, or correct the path'}"
        )


class SecretRefused(JasmError):
    """The provider does not give that secret: its name or its present state is against it."""

    reason = "ExternalSecretNotFound"
    exit_code = 4

    def __init__(self, provider: str, path: str, where: str, detail: str, advice: str) -> None:
        """`where` is the place, as of SecretNotFound."""
        asked = " ".join(filter(None, (shown(path), where)))
        super().__init__(
            f"{provider} does not give the secret at path {asked} ({detail}): {advice}"
        )


class AccessDenied(JasmError):
    """The provider refuses this identity."""

    reason = "ExternalSecretAccessDenied"
    exit_code = 4

    def __init__(
        self, target: str, permission: str, role: str, detail: str = "", advice: str = ""
    ) -> None:
        because = f" ({detail})" if detail else ""
        super().__init__(f"{target} refused {role}{because}: {advice or f'grant it {permission}'}")


class NoIdentity(JasmError):
    """No source of cloud credentials is there, or the only one is unusable."""

    reason = "NoCloudIdentity"
    exit_code = 4

    def __init__(self, tried: Sequence[str], advice: str) -> None:
        super().__init__(f"no cloud identity (tried {'; '.join(tried)}): {advice}")
        self.tried = tried


class NoIdentityYet(NoIdentity):
    """The cloud does not know the identity, and may within seconds: what makes it known spreads."""


class ProviderUnavailable(JasmError):
    """The provider could not be asked, or did not answer: worth another try."""

    reason = "ProviderUnavailable"
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
    exit_code = 5

    def __init__(self, provider: str, detail: str, advice: str) -> None:
        super().__init__(f"{provider} refused the request ({detail}): {advice}")


class NotManaged(JasmError):
    """A Secret of that name exists and is not ours to change (D6)."""

    reason = "SecretNotManaged"
    exit_code = 3

    def __init__(self, namespace: str, name: str, owner: str, advice: str) -> None:
        super().__init__(f"Secret {namespace}/{name} {owner} and was left as it is: {advice}")


class ForeignObject(JasmError):
    """The job `jasm-injector certs` found an object that is not its own to change."""

    reason = "ObjectNotManaged"
    exit_code = 3
    of_pods = False

    def __init__(self, found: str, owner: str, advice: str) -> None:
        super().__init__(f"{found} {owner} and was left as it is: {advice}")


class ClusterError(JasmError):
    """The Kubernetes API refused a request, or could not be reached."""

    reason = "KubernetesError"
    exit_code = 5

    def __init__(self, action: str, detail: str, advice: str = "") -> None:
        super().__init__(f"cannot {action}: {detail}" + (f"; {advice}" if advice else ""))
        self.action = action
        self.detail = detail
        self.advice = advice


class ClusterForbidden(ClusterError):
    """RBAC refuses the ServiceAccount."""

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


class ClusterTooLarge(ClusterError):
    """What was written would make the object larger than the cluster allows."""


class ClusterConflict(ClusterError):
    """The object changed since it was read: read it again (D4)."""


class InvalidSetup(JasmError):
    """The program lacks a file, variable or package that it needs around it."""

    reason = "InvalidSetup"
    exit_code = 2

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem}: {advice}")
