"""Who this process is to Azure: workload identity, and for people whom `az` is logged in as.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import os.path
from collections.abc import Callable, Mapping

from initsync.network.transport import Connection
from initsync.providers.azure import api, clouds
from initsync.providers.azure.clouds import Cloud
from initsync.providers.bearer import Bearer, lasts
from initsync.words import keys
from initsync.words.errors import NoIdentity

CLIENT, TENANT = "AZURE_CLIENT_ID", "AZURE_TENANT_ID"
TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE"  # noqa: S105  # a variable's name
VARIABLES = (CLIENT, TENANT, TOKEN_FILE)
"""What the webhook of workload identity gives a pod, beside `clouds.AUTHORITY`.
https://azure.github.io/azure-workload-identity/docs/installation/mutating-admission-webhook.html"""
BOUND = (
    *("AZURE_KUBERNETES_TOKEN_PROXY", "AZURE_KUBERNETES_SNI_NAME"),
    *("AZURE_KUBERNETES_CA_FILE", "AZURE_KUBERNETES_CA_DATA"),
)
"""And to one whose identity is bound to its AKS cluster: see `binding`."""
ADVICE = (
    'label the pod azure.workload.identity/use: "true", and annotate its ServiceAccount '
    "azure.workload.identity/client-id: CLIENT-ID; if both are there, delete the pod so that "
    "admission runs again"
)
LOGIN = "log in by az login"
"""Instead, to a person, whose identity is not the pod's."""


def bound(env: Mapping[str, str]) -> bool:
    """Whether tokens come by an identity binding."""
    return any(env.get(name) for name in BOUND)


class Identity:
    """Who gets tokens for the vaults of the environment's cloud.

    `connect` gives the connection to an authority's URL, `sdk` allows the login of `az`, `now` is
    epoch seconds.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        now: Callable[[], float],
        connect: Callable[[str], Connection],
        *,
        sdk: bool,
    ) -> None:
        self._env = env
        self._now = now
        self._connect = connect
        self._sdk = sdk

    def bearer(self) -> Bearer:
        """A new one. Raises NoIdentity, InvalidSetup and ProviderUnavailable."""
        cloud = clouds.cloud(self._env)
        missing = [name for name in VARIABLES if not self._env.get(name)]
        tried = f"workload identity: {', '.join(missing)} not set"
        if not missing:
            return self._exchanged(cloud)
        if not self._sdk:
            raise NoIdentity([tried], ADVICE)
        from initsync.providers.azure import azcli  # no pod has it

        found = azcli.bearer(self._env, cloud.scope, self._now())
        if isinstance(found, Bearer):
            return found
        raise NoIdentity([tried, found], LOGIN)

    def _exchanged(self, cloud: Cloud) -> Bearer:
        client, tenant, file = (self._env[name] for name in VARIABLES)
        directory = self._env.get("JASM_SERVICEACCOUNT_DIR") or keys.SERVICEACCOUNT_DIR
        assertion = _assertion(file, directory)
        if not assertion.isascii() or not assertion:
            raise NoIdentity([f"workload identity: {file} holds no token"], ADVICE)
        try:
            connection = self._connect(cloud.authority)
            answer = api.token(connection, tenant, client, assertion, cloud.scope)
        except api.Refusal as error:
            from initsync.providers.azure import failures  # a good sync never loads it

            by_binding = bound(self._env)
            raise failures.of_login(error, client, tenant, cloud, bound=by_binding) from error
        seconds = lasts(answer)
        who = f"application {client} of tenant {tenant}"
        return Bearer(str(answer["access_token"]), self._now() + seconds, who)


def _assertion(file: str, directory: str) -> str:
    """The pod's token for Entra, read anew each time. Raises NoIdentity.

    Never the one for the Kubernetes API, in `directory`: with that, one is the ServiceAccount.
    """
    if os.path.realpath(file) == os.path.realpath(os.path.join(directory, "token")):
        why = "it is the ServiceAccount's own, which only the Kubernetes API gets"
    else:
        try:
            with open(file, encoding="ascii") as stream:
                return stream.read().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not a token"
    raise NoIdentity([f"workload identity: cannot use {file} ({why})"], ADVICE)
