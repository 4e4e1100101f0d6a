"""The environment of a container that runs as a local process: the stored pod's own, and its place.

Since a mount path such as /var/run/secrets is not ours to create, values below a mount path are
translated to the directory that stands for it, and JASM_PODINFO_DIR and JASM_SERVICEACCOUNT_DIR say
where JASM's own two are.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from initsync.testing.podvolumes import UnsupportedPod, field
from initsync.testing.server import ApiServer
from initsync.words import keys
from initsync.words.model import JsonObject

NODE = "node-1"
AWS_MOUNT = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
"""Where the EKS pod identity webhook mounts the token."""


class AwsIdentity(NamedTuple):
    """What the EKS pod identity webhook gives a pod whose ServiceAccount names a role (IRSA)."""

    role_arn: str
    region: str
    endpoint: str
    """The URL of AWS itself, which is this machine's stand-in."""


def environment(
    api: ApiServer,
    pod: JsonObject,
    container: JsonObject,
    mounts: Mapping[str, Path],
    aws: AwsIdentity | None,
    more: Mapping[str, str],
) -> dict[str, str]:
    """The environment of `container`, with `more`. Raises UnsupportedPod."""
    values = {
        **_service_env(api, pod),
        **(_aws_env(aws) if aws else {}),
        **dict(_own_env(pod, container)),
        **_jasm_env(mounts),
        **more,
    }
    return {key: translated(value, mounts) for key, value in values.items()}


def _service_env(api: ApiServer, pod: JsonObject) -> dict[str, str]:
    address = urlsplit(api.url)
    return {
        "HOSTNAME": pod["metadata"]["name"],
        "KUBERNETES_SERVICE_HOST": str(address.hostname),
        "KUBERNETES_SERVICE_PORT": str(address.port),
    }


def _aws_env(aws: AwsIdentity) -> dict[str, str]:
    return {
        "AWS_ROLE_ARN": aws.role_arn,
        "AWS_WEB_IDENTITY_TOKEN_FILE": f"{AWS_MOUNT}/token",
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,
        "AWS_ENDPOINT_URL": aws.endpoint,
    }


def _own_env(pod: JsonObject, container: JsonObject) -> Iterator[tuple[str, str]]:
    if container.get("envFrom"):
        raise UnsupportedPod(f"envFrom of container {container['name']} is not supported here")
    for entry in container.get("env") or []:
        source = entry.get("valueFrom") or {}
        if not source:
            yield entry["name"], entry.get("value", "")
        elif "fieldRef" in source:
            yield entry["name"], field(pod, source["fieldRef"]["fieldPath"], NODE)
        else:
            kinds = ", ".join(source)
            raise UnsupportedPod(f"{kinds} of variable {entry['name']} is not supported here")


def _jasm_env(mounts: Mapping[str, Path]) -> dict[str, str]:
    names = {
        keys.PODINFO_DIR: "JASM_PODINFO_DIR",
        keys.SERVICEACCOUNT_DIR: "JASM_SERVICEACCOUNT_DIR",
    }
    return {variable: path for path, variable in names.items() if path in mounts}


def translated(value: str, mounts: Mapping[str, Path]) -> str:
    """A path of the container as it is here."""
    for path in sorted(mounts, key=len, reverse=True):  # the innermost mount counts
        if value == path or value.startswith(f"{path}/"):
            return f"{mounts[path]}{value[len(path) :]}"
    return value
