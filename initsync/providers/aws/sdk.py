"""The SDK's own sources of an identity and a region. For people's commands: no pod asks it.

The only importer of boto3 (D1, D2).
"""

from typing import Any

from initsync.providers.aws.sigv4 import Credentials
from initsync.words.wording import install


def credentials() -> Credentials | str:
    """The credentials that boto3 finds (profiles, SSO, instance metadata), or why it finds none."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return f"boto3: not installed ({install('cli')})"
    try:
        session: Any = boto3.Session()
        found = session.get_credentials()
        frozen = found and found.get_frozen_credentials()
    except (BotoCoreError, ClientError) as error:
        return f"boto3: {' '.join(str(error).split())}"
    if not frozen:
        return "boto3 (profiles, SSO, processes, instance metadata): nothing found"
    role = f"the identity that boto3 found by {found.method}"
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "", role=role)


def region() -> str | None:
    """The region of the profile that boto3 would take; an empty AWS_DEFAULT_REGION is ignored."""
    try:
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session

        session: Any = Session()
        found: str | None = session.get_config_variable("region")
        return found or session.get_scoped_config().get("region") or None
    except (ImportError, BotoCoreError):  # told where the credentials are asked for
        return None
