"""The token proxy of an AKS identity binding, which is asked in Entra's place and as Entra.

AKS's webhook names it to the pods that ask for it, and to `jasm-init` by its second call: no
annotation of ours does, and no other container's variables are copied (D39).
https://learn.microsoft.com/azure/aks/identity-bindings-concepts
"""

from collections.abc import Mapping

from initsync.network import urls
from initsync.network.transport import Connection, Network
from initsync.network.trust import trusting
from initsync.providers.azure.api import TOKEN_LIMIT
from initsync.providers.azure.entra import BOUND
from initsync.words.errors import InvalidSetup
from initsync.words.wording import shown

_PROXY, _NAME, _CA_FILE, _CA_DATA = BOUND
_ADVICE = "have AKS's webhook set them: delete the pod so that admission runs again"


def connection(env: Mapping[str, str], network: Network) -> Connection:
    """The way there, by the rules of Microsoft's clients. Raises InvalidSetup where they would.

    https://github.com/Azure/azure-sdk-for-python/blob/main/sdk/identity/azure-identity/azure/identity/_internal/token_binding_transport_mixin.py
    """
    url, name, file, pem = (env.get(variable, "") for variable in BOUND)
    if not url:
        said = ", ".join(it for it in BOUND if env.get(it))
        raise InvalidSetup(f"{_PROXY} is not set, and {said} is", _ADVICE)
    if file and pem:
        raise InvalidSetup(f"{_CA_FILE} and {_CA_DATA} are both set", _ADVICE)
    if not urls.place(url).secure or not {"@", "?", "#"}.isdisjoint(url):
        problem = f"{_PROXY} is {shown(urls.without_user(url))}, which is not https and a host"
        raise InvalidSetup(f"{problem} alone", _ADVICE)
    # The file is read at each connection: it is replaced when the CA is.
    return network.proxied(url, lambda: trusting(file or None, pem), TOKEN_LIMIT, name or None)
