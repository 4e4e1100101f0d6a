"""Whom AWS takes somebody for. For people's commands: no pod asks it.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from initsync.network.transport import Connection
from initsync.providers.aws import api
from initsync.providers.aws.sigv4 import Credentials, sign
from initsync.words.errors import NoIdentity

_BODY = b"Action=GetCallerIdentity&Version=2011-06-15"


def get_caller_identity(
    connection: Connection, credentials: Credentials, region: str, now: float
) -> str:
    """The caller's ARN. It needs no permission. Raises NoIdentity and ProviderUnavailable."""
    headers = {
        "host": connection.authority,
        "content-type": api.FORM,
    }
    path = connection.prefix + "/"
    signed = sign("POST", path, headers, _BODY, credentials, region, "sts", now)
    response = api.post(connection, "AWS STS", signed, _BODY)
    text = response.body.decode(errors="replace")
    if response.status == 200 and (arn := api.element(text, "Arn")):
        return arn
    code, message = api.element(text, "Code"), api.element(text, "Message")
    error = api.failure("AWS STS", response, code, message, now)
    if not isinstance(error, api.ServiceError):
        raise error
    tried = f"{credentials.role}: AWS refused its credentials ({error})"
    raise NoIdentity([tried], "log in to AWS again, or choose another profile")
