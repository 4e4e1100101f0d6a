"""Where the cluster is and who we are there: from the pod's files, or from a kubeconfig.

The only importer of `kubernetes`, and only when a kubeconfig is asked for (design D1, D2).
"""

import os
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from initsync.errors import InvalidSetup
from initsync.keys import SERVICEACCOUNT_DIR
from initsync.transport import trusting

if TYPE_CHECKING:
    from kubernetes.client import Configuration


class Access(NamedTuple):
    """All that a connection to the API server needs."""

    url: str
    tls: Callable[[], ssl.SSLContext]
    authorization: Callable[[], str | None]
    """The header's value, read anew for each request: tokens are rotated under us."""
    namespace: str | None = None
    """The kubeconfig context's own, if it has one."""


def in_cluster(env: Mapping[str, str], directory: str) -> Access:
    """The pod's own ServiceAccount, as every in-cluster client finds it.

    https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
    Raises InvalidSetup.
    """
    host, port = env.get("KUBERNETES_SERVICE_HOST"), env.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        problem = "KUBERNETES_SERVICE_HOST is not set"
        raise InvalidSetup(problem, "this program runs inside a pod; try initsync --pod NAME")
    authority = f"[{host}]" if ":" in host else host
    return Access(
        f"https://{authority}:{port}",
        lambda: trusting(os.path.join(directory, "ca.crt")),
        lambda: f"Bearer {_read(os.path.join(directory, 'token'))}",
    )


def from_kubeconfig(path: str | None, context: str | None) -> Access:
    """A context of a kubeconfig, with all its ways to log in (exec plugins, OIDC, certificates).

    `path` None: KUBECONFIG, else ~/.kube/config. Raises InvalidSetup.
    """
    try:
        from kubernetes.client import Configuration
        from kubernetes.config import ConfigException, kube_config
    except ImportError as error:
        problem = "reading a kubeconfig needs the package kubernetes"
        raise InvalidSetup(problem, "pip install 'jasm[cli]'") from error
    loaded = Configuration()
    try:
        kube_config.load_kube_config(path, context, client_configuration=loaded)
        merged = kube_config.KubeConfigMerger(path or kube_config.KUBE_CONFIG_DEFAULT_LOCATION)
        chosen = merged.config["contexts"].get_with_name(
            context or merged.config["current-context"]
        )
    except ConfigException as error:
        problem = f"no usable kubeconfig ({error})"
        raise InvalidSetup(problem, "set --kubeconfig, --context or KUBECONFIG") from error
    return Access(
        loaded.host,
        lambda: _by_configuration(loaded),
        lambda: loaded.get_api_key_with_prefix("BearerToken", "authorization"),
        chosen["context"].safe_get("namespace"),
    )


def _by_configuration(loaded: "Configuration") -> ssl.SSLContext:
    context = trusting(loaded.ssl_ca_cert)
    if not loaded.verify_ssl:  # the kubeconfig says insecure-skip-tls-verify
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if loaded.cert_file:
        context.load_cert_chain(loaded.cert_file, loaded.key_file)
    return context


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not a token"
        raise InvalidSetup(f"cannot read {path} ({problem})", _PROJECTED) from error


_PROJECTED = f"mount a ServiceAccount token at {SERVICEACCOUNT_DIR}, as deploy/examples/ shows"
