"""What injects pods in a cluster, read: webhooks, and JASM's policies."""

from initsync.kube.api import Resource
from initsync.kube.reads import REGISTRATIONS, WEBHOOKS, Reads
from initsync.words.model import JsonObject

LABELS = "app.kubernetes.io/name=jasm"
_POLICIES = Resource(REGISTRATIONS, "mutatingadmissionpolicies")
_BINDINGS = Resource(REGISTRATIONS, "mutatingadmissionpolicybindings")


def webhooks(reads: Reads) -> list[JsonObject]:
    """All MutatingWebhookConfigurations, those of others too. Raises ClusterError."""
    return list(reads.pages(WEBHOOKS))


def policies(reads: Reads) -> list[JsonObject]:
    """JASM's MutatingAdmissionPolicies. Raises ClusterError."""
    return _either(reads, _POLICIES)


def bindings(reads: Reads) -> list[JsonObject]:
    """The bindings of JASM's MutatingAdmissionPolicies. Raises ClusterError."""
    return _either(reads, _BINDINGS)


def _either(reads: Reads, resource: Resource) -> list[JsonObject]:
    """The objects with JASM's label of v1, or of v1beta1 where v1 is not served or has none."""
    return _ours(reads, resource) or _ours(reads, resource._replace(version="v1beta1"))


def _ours(reads: Reads, resource: Resource) -> list[JsonObject]:
    return list(reads.pages(resource, labels=LABELS))
