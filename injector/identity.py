"""The AWS identity that an admission webhook gave a pod's app containers, for ours as well.

The AWS webhook mutates the containers that are there when it runs. Normally that is after us;
where it ran before, its environment and token mount are copied (design D22). Never both.
https://github.com/aws/amazon-eks-pod-identity-webhook
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

VOLUMES = ("aws-iam-token", "eks-pod-identity-token")
ENV = (
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)


class Identity(NamedTuple):
    """Entries for a container's `env` and `volumeMounts`."""

    env: list[dict[str, Any]]
    mounts: list[dict[str, Any]]


def given(pod: Mapping[str, Any]) -> Identity:
    """That of the first app container that mounts an AWS token; empty without one."""
    for container in pod["spec"].get("containers") or []:
        mounts = [
            mount for mount in container.get("volumeMounts") or [] if mount["name"] in VOLUMES
        ]
        if mounts:
            env = {entry["name"]: entry for entry in container.get("env") or [] if _copies(entry)}
            return Identity(list(env.values()), mounts)
    return Identity([], [])


def _copies(entry: Mapping[str, Any]) -> bool:
    """Whether it is the AWS webhook's: a plain value.

    A reference is somebody else's: to a Secret, maybe the very one that is to be made; or to a
    variable that our container does not have.
    """
    return entry["name"] in ENV and "$(" not in entry.get("value", "$(")
