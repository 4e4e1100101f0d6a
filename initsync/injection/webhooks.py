"""What the clouds' own webhooks give a pod's containers, so that they are somebody there: as data.

With the defaults of AWS's options (main.go). Azure's has none; its names are those up to 1.5, and
those from 1.6 on. https://github.com/aws/amazon-eks-pod-identity-webhook
https://github.com/Azure/azure-workload-identity/blob/v1.6.0/pkg/webhook/consts.go
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from initsync.providers.aws import agents
from initsync.providers.azure import clouds

Good = Callable[[str], bool]
"""Whether a variable may have this value."""


class Kind(NamedTuple):
    """One kind of identity that a cloud's webhook gives to pods."""

    volume: str
    """Its volume's name; what ends in `-`, as no name does, is how the name begins."""
    path: str
    """Where it mounts the volume. Another (AWS's `--token-mount-path`) is not copied."""
    file: str
    """The variable that names the token's file."""
    beside: Mapping[str, Good]
    """The variables that all come with it."""

    def has(self, volume: str) -> bool:
        """Whether a volume of that name is its own."""
        begins = self.volume.endswith("-")
        return volume.startswith(self.volume) if begins else volume == self.volume


class Webhook(NamedTuple):
    """What one cloud's identity webhook writes into pods."""

    kinds: tuple[Kind, ...]
    alone: tuple[str, ...]
    """Variables that it may write beside any of them."""
    skipped: str
    """The annotation of a pod with the containers that it leaves as they are."""
    between: str
    """What is between their names."""
    label: str = ""
    """Where it serves only pods that have this label as `true`."""


AWS = Webhook(
    (
        Kind(
            "aws-iam-token",
            "/var/run/secrets/eks.amazonaws.com/serviceaccount",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            {"AWS_ROLE_ARN": bool},
        ),
        Kind(
            "eks-pod-identity-token",
            "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": agents.serves},
        ),
    ),
    ("AWS_STS_REGIONAL_ENDPOINTS", "AWS_DEFAULT_REGION", "AWS_REGION"),
    "eks.amazonaws.com/skip-containers",
    ",",
)
_ENTRA: Mapping[str, Good] = {
    "AZURE_CLIENT_ID": bool,
    "AZURE_TENANT_ID": bool,
    clouds.AUTHORITY: clouds.is_authority,
}
_FILE = "AZURE_FEDERATED_TOKEN_FILE"
AZURE = Webhook(
    (
        Kind("azure-identity-token", "/var/run/secrets/azure/tokens", _FILE, _ENTRA),
        Kind("azure-workload-identity-reserved-", "/var/run/secrets/azure/wi", _FILE, _ENTRA),
    ),
    (),
    "azure.workload.identity/skip-containers",
    ";",
    "azure.workload.identity/use",
)
ALL = (AWS, AZURE)
KINDS = tuple(kind for webhook in ALL for kind in webhook.kinds)
VOLUMES = tuple(kind.volume for kind in KINDS)
ANNOTATIONS = tuple(webhook.skipped for webhook in ALL)
LABELS = tuple(webhook.label for webhook in ALL if webhook.label)
ENV = frozenset(
    [
        *(name for webhook in ALL for name in webhook.alone),
        *(name for kind in KINDS for name in (kind.file, *kind.beside)),
    ]
)
