"""The login of Azure's command line, for people's commands: no pod asks it.

As azure-identity's AzureCliCredential does:
https://learn.microsoft.com/cli/azure/account#az-account-get-access-token
"""

import json
import shutil
import subprocess
from collections.abc import Mapping

from initsync.providers.bearer import Bearer

_SECONDS = 15.0
_SAID = 200  # characters of what it says


def bearer(env: Mapping[str, str], scope: str, now: float) -> Bearer | str:
    """A token of whoever is logged in, or why there is none."""
    az = shutil.which("az", path=env.get("PATH", ""))
    if not az:
        return "az: not installed"
    resource = scope.removesuffix("/.default")
    command = [az, "account", "get-access-token", "--output", "json", "--resource", resource]
    try:
        done = subprocess.run(  # noqa: S603  # the person's own program
            command,
            env={**env, "AZURE_CORE_NO_COLOR": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"az: {getattr(error, 'strerror', None) or f'no answer within {_SECONDS:.0f} s'}"
    if done.returncode:
        return f"az: {' '.join(done.stderr.split())[:_SAID]}"
    try:
        found = json.loads(done.stdout)
        token, tenant = str(found["accessToken"]), str(found.get("tenant", "unknown"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "az: it gave no token"
    return Bearer(token, _end(found, now), f"whom az is logged in as, in tenant {tenant}")


def _end(found: Mapping[str, object], now: float) -> float:
    """Older ones say it as a local time only; such a token is for one request."""
    said = found.get("expires_on")
    return float(said) if isinstance(said, int) and 0 < said < 2**40 else now
