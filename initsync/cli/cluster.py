"""What the commands that read a cluster share: their options, their clock, and how they end."""

import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn, TypeVar

import click

from initsync.cli.progress import Progress
from initsync.cli.terminal import say, say_json, stderr
from initsync.kube.access import from_kubeconfig
from initsync.kube.reads import Reads
from initsync.manifests.files import Refused
from initsync.sync.log import Log
from initsync.sync.run import Run, start
from initsync.words import rules
from initsync.words.errors import AnnotationError, InvalidSetup, JasmError
from initsync.words.wording import bug

Command = TypeVar("Command", bound=Callable[..., Any])


class Asked(NamedTuple):
    """What every one of these commands is told."""

    namespace: str | None = None
    kube_context: str | None = None
    kubeconfig: str | None = None
    timeout: float = 300.0
    verbose: bool = False
    output: str = "text"

    @property
    def as_json(self) -> bool:
        """Whether standard output is for programs."""
        return self.output == "json"

    @property
    def log(self) -> Log:
        """Lines for people, on standard error."""
        return Log(stderr(), time.time, level="debug" if self.verbose else "info")


class Opened(NamedTuple):
    """The cluster, and the run whose clock ticks."""

    reads: Reads
    url: str
    namespace: str
    """The context's own, else `default`."""
    run: Run
    progress: Progress


def options(
    namespace: str, seconds: float, outputs: Sequence[str] = ("text", "json")
) -> Callable[[Command], Command]:
    """The options of `Asked`: `namespace` is the help of -n, `seconds` the default deadline,
    the first of `outputs` that of -o.
    """

    def add(command: Command) -> Command:
        for option in reversed(_options(namespace, seconds, outputs)):
            command = option(command)
        return command

    return add


def _options(
    namespace: str, seconds: float, outputs: Sequence[str]
) -> list[Callable[[Command], Command]]:
    times = click.FloatRange(0.1, 86_400)
    default = f"Default: {seconds:g}."
    context = "The kubeconfig context; default: the current one."
    kubeconfig = "Default: KUBECONFIG, else ~/.kube/config."
    return [
        click.option("-n", "--namespace", callback=label, help=namespace),
        click.option("--context", "kube_context", help=context),
        click.option("--kubeconfig", metavar="FILE", help=kubeconfig),
        click.option("--timeout", type=times, metavar="SECONDS", default=seconds, help=default),
        click.option("-v", "--verbose", is_flag=True, help="A line for each request."),
        click.option("-o", "--output", type=click.Choice(outputs), default=outputs[0]),
    ]


def label(_: click.Context, _parameter: click.Parameter, given: str | None) -> str | None:
    """Check that an option's value can be a namespace's name. Raises BadParameter."""
    if given and (rule := rules.label_problem(given)):
        raise click.BadParameter(rule)
    return given


@contextmanager
def ending(asked: Asked) -> Iterator[None]:
    """End with the exit code of a failure of the table, of a bug, or of Ctrl-C (130)."""
    try:
        yield
    except (BrokenPipeError, click.UsageError):  # `initsync list | head`; click's own to tell
        raise
    except KeyboardInterrupt:
        asked.log.error("interrupted before the answer was complete")
        sys.exit(130)
    except Refused as error:
        for line in error.lines:
            say(line, err=True)
        reason = _REASONS.get(error.exit_code, JasmError.reason)
        _end(asked, reason, str(error), error.exit_code, problems=error.lines)
    except Exception as error:  # a traceback would end in a text that may hold a secret value
        known = error if isinstance(error, JasmError) else JasmError(bug(error))
        asked.log.error(str(known), reason=known.reason)
        _end(asked, known.reason, str(known), known.exit_code)


_REASONS = {kind.exit_code: kind.reason for kind in (AnnotationError, InvalidSetup)}


def _end(asked: Asked, reason: str, message: str, code: int, **more: Sequence[str]) -> NoReturn:
    if asked.as_json:
        say_json({"error": reason, "message": message, "exitCode": code, **more})
    sys.exit(code)


def opened(asked: Asked) -> Opened:
    """The cluster of the kubeconfig. Raises InvalidSetup."""
    if math.isnan(asked.timeout):
        raise InvalidSetup("--timeout is no number", "set it to seconds, such as 60")
    access = from_kubeconfig(asked.kubeconfig, asked.kube_context, os.environ)
    run = start(os.environ, asked.log, asked.timeout)
    reads = Reads(access.api(run.network), run.network.left)
    namespace = access.namespace or "default"
    return Opened(reads, access.url, namespace, run, Progress(sys.stderr))
