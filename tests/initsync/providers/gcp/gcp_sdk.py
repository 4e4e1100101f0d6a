"""What Google's own clients make of secrets: run by `tests.oracles`, it asks and prints JSON.

The first argument is a list of names of versions to ask for; the second, where there is one, a
credential configuration file. Without it the metadata server says who asks.
"""

import json
import sys

import google.auth
from google.api_core.exceptions import GoogleAPICallError
from google.auth import compute_engine, identity_pool
from google.auth.exceptions import GoogleAuthError
from google.cloud import secretmanager

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def main() -> None:
    """Print for each what came back."""
    credentials = of_file(sys.argv[2]) if len(sys.argv) > 2 else compute_engine.Credentials()
    print(json.dumps([asked(credentials, name) for name in json.loads(sys.argv[1])]))


def of_file(path: str) -> google.auth.credentials.Credentials:
    """Not by google.auth.default(): that first asks another service for the project."""
    with open(path, encoding="utf-8") as file:
        found = identity_pool.Credentials.from_info(json.load(file))
    return found.with_scopes(SCOPES)


def asked(credentials: google.auth.credentials.Credentials, name: str) -> dict[str, object]:
    """One version of a secret, or how it was refused."""
    parts = name.split("/")
    place = f".{parts[3]}.rep" if parts[2] == "locations" else ""
    client = secretmanager.SecretManagerServiceClient(
        credentials=credentials,
        transport="rest",
        client_options={"api_endpoint": f"secretmanager{place}.googleapis.com"},
    )
    try:
        found = client.access_secret_version(name=name, retry=None, timeout=10)
    except GoogleAPICallError as error:
        return {"status": error.code, "code": error.reason or "", "said": error.message}
    except GoogleAuthError as error:
        return {"error": type(error).__name__, "said": str(error)}
    return {"value": found.payload.data.decode("latin-1"), "version": found.name.split("/")[-1]}


if __name__ == "__main__":
    main()
