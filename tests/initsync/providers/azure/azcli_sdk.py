"""What Microsoft's own client makes of `az`: run by `tests.oracles`, it asks and prints JSON.

The argument is the scope of the token.
"""

import json
import sys

from azure.identity import AzureCliCredential

if __name__ == "__main__":
    found = AzureCliCredential().get_token(sys.argv[1])
    print(json.dumps([found.token, found.expires_on]))
