"""Where the cluster is and who we are there: from the pod's files, or from a kubeconfig.

The only importer of `kubernetes`, and only when a kubeconfig is asked for (D1, D2).
"""

import os
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from initsync.kube.api import Api
from initsync.network import urls
from initsync.network.http1 import BODY_LIMIT
from initsync.network.transport import TIMEOUT, Connection, Network
from initsync.network.trust import trusting
from initsync.words.errors import InvalidSetup
from initsync.words.keys import SERVICEACCOUNT_DIR
from initsync.words.wording import install

if TYPE_CHECKING:
    from kubernetes.client import Configuration
    from kubernetes.config.kube_config import ConfigNode


_DEFAULT = "~/.kube/config"


class Access(NamedTuple):
    """All that a connection to the API server needs."""

    url: str
    tls: Callable[[], ssl.SSLContext]
    authorization: Callable[[], str | None]
    """The header's value, read anew for each request: tokens are rotated under us."""
    namespace: str | None = None
    """The kubeconfig context's own, if it has one."""
    server_name: str | None = None
    """Whose certificate to expect, where it is not the URL's host."""
    proxy: urls.Proxy | None = None

    def api(self, network: Network, limit: int = BODY_LIMIT) -> Api:
        """The way there, closed with `network`; `limit` in bytes of an answer."""
        way = (self.proxy, self.server_name, limit)
        connection = Connection(self.url, self.tls, network, TIMEOUT, *way)
        return Api(connection, self.authorization)


def in_cluster(env: Mapping[str, str], directory: str) -> Access:
    """The pod's own ServiceAccount, as every in-cluster client finds it.

    Never by a proxy: the environment's is for the world outside, and does not know the cluster.
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


def from_kubeconfig(path: str | None, context: str | None, env: Mapping[str, str]) -> Access:
    """A context of a kubeconfig, with all its ways to log in (exec plugins, OIDC, certificates).

    `path` None: KUBECONFIG's of `env`, else ~/.kube/config; an empty one is none, as for kubectl.
    `env` also names proxies, where the kubeconfig has no `proxy-url`. Raises InvalidSetup.
    """
    try:
        import yaml
        from kubernetes.client import Configuration
        from kubernetes.config import ConfigException, kube_config
    except ImportError as error:
        problem = "reading a kubeconfig needs the package kubernetes"
        raise InvalidSetup(problem, install("cli")) from error
    loaded = Configuration()
    files = path or env.get("KUBECONFIG") or _DEFAULT
    try:
        kube_config.load_kube_config(files, context, client_configuration=loaded)
        chosen = _Chosen(kube_config.KubeConfigMerger(files).config, context)
    except ConfigException as error:
        there = any(map(os.path.exists, map(os.path.expanduser, files.split(os.pathsep))))
        raise _unusable(files, str(error) if there else "there is no such file") from None
    except OSError as error:
        raise _unusable(str(error.filename or files), error.strerror or "unreadable") from None
    except (ValueError, TypeError, AttributeError, yaml.YAMLError):
        raise _unusable(files, "it has not a kubeconfig's form") from None
    _refuse_silent_plugin(chosen, loaded)
    return Access(
        loaded.host,
        lambda: _by_configuration(loaded),
        lambda: loaded.get_api_key_with_prefix("BearerToken", "authorization"),
        chosen.context.safe_get("namespace"),
        loaded.tls_server_name,
        _proxy(loaded.host, chosen.cluster.safe_get("proxy-url"), env),
    )


def _unusable(files: str, detail: str) -> InvalidSetup:
    """The kubernetes package quotes the parts it misses something in: tokens, client secrets."""
    said = " ".join(detail.partition("{")[0].partition("[")[0].split())
    problem = f"no usable kubeconfig ({files}: {said})"
    return InvalidSetup(problem, "set --kubeconfig, --context or KUBECONFIG")


class _Chosen:
    """The parts of a kubeconfig that one context puts together."""

    def __init__(self, config: "ConfigNode", context: str | None) -> None:
        name = context or config["current-context"]
        self.context = config["contexts"].get_with_name(name)["context"]
        self.cluster = config["clusters"].get_with_name(self.context["cluster"])["cluster"]
        user = self.context.safe_get("user")
        self.user = config["users"].get_with_name(user)["user"] if user else None


def _refuse_silent_plugin(chosen: _Chosen, loaded: "Configuration") -> None:
    """The kubernetes package logs a failed exec plugin, and goes on as nobody."""
    plugin = chosen.user.safe_get("exec") if chosen.user else None
    if plugin and not loaded.api_key and not loaded.cert_file:
        problem = f"the kubeconfig's exec plugin {plugin['command']!r} gave no credentials"
        raise InvalidSetup(problem, "run it by hand to see why")


def _proxy(url: str, named: str | None, env: Mapping[str, str]) -> urls.Proxy | None:
    return urls.named_proxy(named) if named else urls.proxy_for(urls.place(url), env)


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
