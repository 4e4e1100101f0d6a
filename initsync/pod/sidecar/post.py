"""A POST to the app, which never leaves the pod (D40)."""

import ssl

from initsync.annotation.onchange import Action
from initsync.network.transport import Network, TransportError
from initsync.pod.sidecar.step import Step

_SECONDS = 5.0  # for the app's answer
_LIMIT = 65_536  # bytes of it


def send(action: Action, network: Network) -> Step:
    """Ask once. Of the answer only the status is told: the rest may hold what the app has read."""
    connection = network.direct(action.url, ssl.create_default_context, _SECONDS, _LIMIT)
    asked = f"POST {action.url}{action.target}"
    try:
        status = connection.request("POST", action.target, {"accept": "*/*"}).status
    except TransportError as error:
        return Step("failed", f"{asked}: {error}")
    good = 200 <= status < 300
    return Step("answered" if good else "failed", f"{asked} was answered with {status}", good)
