"""The token of a person who runs a command: it is theirs, so that nobody here gives it back.

https://developer.hashicorp.com/vault/docs/commands/token-helper
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from initsync.words.errors import NoIdentity

LOGIN = "log in, such as by vault login -method=oidc, or set VAULT_TOKEN"


def source(env: Mapping[str, str]) -> Callable[[], str]:
    """Gives VAULT_TOKEN, or what `vault login` left in the home directory.

    Empty where there is neither, but JASM_VAULT_TOKEN_FILE with a ServiceAccount's token to log in
    with. It raises NoIdentity where there is not even that.
    """

    def token() -> str:
        if found := env.get("VAULT_TOKEN", "").strip():
            return found
        file = Path(env.get("HOME") or "~").expanduser() / ".vault-token"
        try:
            return file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            if env.get("JASM_VAULT_TOKEN_FILE"):
                return ""
            why = getattr(error, "strerror", None) or "it is not a token"
            tried = ["VAULT_TOKEN is not set", f"{file}: {why}"]
            raise NoIdentity(tried, LOGIN) from None

    return token
