"""What Microsoft's own client makes of vaults: run by `tests.oracles`, it asks and prints JSON.

The argument is a list of what to ask for: the host that gives tokens, a vault's URL, a secret's
name, and a version or null.
"""

import json
import sys
from functools import cache, partial

from azure.core.exceptions import HttpResponseError
from azure.identity import WorkloadIdentityCredential
from azure.keyvault.secrets import SecretClient


def main() -> None:
    """Print for each what came back."""
    options = {"disable_instance_discovery": True, "enable_azure_proxy": True}
    login = cache(partial(WorkloadIdentityCredential, **options))
    wanted = json.loads(sys.argv[1])
    print(json.dumps([asked(login(authority=first), *rest) for first, *rest in wanted]))


def asked(
    credential: WorkloadIdentityCredential, vault: str, name: str, version: str | None
) -> dict[str, object]:
    """One secret, by the API of the lean client; or how it was refused."""
    with SecretClient(vault, credential, api_version="7.4", retry_total=0) as client:
        try:
            found = client.get_secret(name, version)
        except HttpResponseError as error:
            return {"status": error.status_code, "code": error.error and error.error.code}
        times = (found.properties.expires_on, found.properties.not_before)
        ends = [it and int(it.timestamp()) for it in times]
        return {"value": found.value, "version": found.properties.version, "times": ends}


if __name__ == "__main__":
    main()
