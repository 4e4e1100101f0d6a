"""/metrics and /healthz of a sidecar, where JASM_METRICS_PORT asks for them."""

from collections.abc import Callable

from initsync.pod.sidecar import metrics, port
from initsync.pod.sidecar.cycles import Figures
from initsync.pod.sidecar.port import Page
from initsync.words.errors import InvalidSetup
from initsync.words.wording import shown


def serve(
    given: str, figures: Callable[[], Figures], problem: Callable[[], str]
) -> InvalidSetup | None:
    """Serve them beside the loop; why they are not served, which is no reason not to sync.

    `problem` says why the loop is not alive; empty where it is.
    """
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    if not 0 < number < 65_536:
        said = f"no /metrics: JASM_METRICS_PORT is {shown(given)}"
        return InvalidSetup(said, "set it to a port, 1 to 65535")
    try:
        port.serve(number, lambda path: page(path, figures(), problem))
    except OSError as error:
        said = f"no /metrics: cannot listen on port {given} ({error.strerror})"
        return InvalidSetup(said, "choose another, which no container of the pod listens on")
    return None


def page(path: str, figures: Figures, problem: Callable[[], str]) -> Page | None:
    """The page at `path`, if there is one."""
    if path == "/metrics":
        body = metrics.page(figures, metrics.memory())
        return Page(200, body, metrics.CONTENT_TYPE)
    if path == "/healthz":
        said = problem()
        return Page(503, f"{said}\n".encode()) if said else Page(200, b"ok\n")
    return None
