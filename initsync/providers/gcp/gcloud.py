"""The login of Google's command line, for people's commands: no pod asks it.

https://cloud.google.com/sdk/gcloud/reference/auth/print-access-token
"""

import shutil
import subprocess
from collections.abc import Mapping, Sequence

from initsync.providers.bearer import Bearer, usable
from initsync.words.wording import printable

_SECONDS = 20.0
_LEAST = 240.0  # seconds that a token of it lasts at least: it renews one that ends sooner
_SAID = 200  # characters of what it says


def bearer(env: Mapping[str, str], now: float, *, default: bool) -> Bearer | str:
    """A token of whoever is logged in, or why there is none.

    `default`: of the application default credentials, such as a service account's key.
    """
    found = shutil.which("gcloud", path=env.get("PATH", ""))
    if not found:
        return "gcloud: not installed"
    which = ["auth", *(["application-default"] if default else []), "print-access-token"]
    token, problem = _said(env, [found, *which])
    if problem or not usable(token):
        return f"gcloud: {problem or 'it gave no token'}"
    who = "" if default else _said(env, [found, "config", "get-value", "account"])[0]
    whose = f"{who}, by gcloud" if who else "the application default credentials, by gcloud"
    return Bearer(token, now + _LEAST, whose)


def _said(env: Mapping[str, str], command: Sequence[str]) -> tuple[str, str]:
    """What it prints, and what is wrong."""
    try:
        done = subprocess.run(  # noqa: S603  # the person's own program
            command,
            env={**env, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", getattr(error, "strerror", None) or f"no answer within {_SECONDS:.0f} s"
    if done.returncode:
        return "", printable(" ".join(done.stderr.split())[:_SAID]) or "it failed"
    return done.stdout.strip(), ""
