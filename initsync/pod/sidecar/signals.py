"""A signal to the app, in a pod whose containers share their processes (D40).

Its first process is the pause container's. The first of each container was started from outside,
so it has no parent here; what `kubectl exec` and probes start has none either, and is younger.
https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from initsync.annotation.onchange import Action
from initsync.pod.sidecar.step import Step
from initsync.words import keys
from initsync.words.wording import shown

PROC = "/proc"
_PAUSE = 1
_NAME = 15  # characters of a command that the kernel keeps (TASK_COMM_LEN, with its end)
_STAT_PARENT, _STAT_STARTED = 1, 19  # counted behind the command, which may hold anything


class Process(NamedTuple):
    """A process of the pod, as /proc shows it."""

    pid: int
    parent: int
    started: int
    """When it started, in the kernel's clock ticks."""
    command: str
    program: str
    """The last part of the name that it was started by."""

    def is_named(self, name: str) -> bool:
        """Whether the command or the program of the process has that name."""
        return self.program == name or self.command == name[:_NAME]


def send(
    action: Action,
    proc: str = PROC,
    kill: Callable[[int, int], None] = os.kill,
    own: int | None = None,
) -> Step:
    """Send it once. `own` is this process, by default the real one."""
    found = chosen(list(processes(proc)), action.process, own or os.getpid())
    sent, refused = list[str](), list[str]()
    for process in found:
        title = f"{shown(process.command)} (PID {process.pid})"
        try:
            kill(process.pid, signal.Signals[f"SIG{action.signal}"])
            sent.append(title)
        except ProcessLookupError:  # it has just ended
            continue
        except PermissionError:
            refused.append(title)
    if refused:
        said = f"{action.signal} to {', '.join(refused[:5])} was refused: jasm-init must run as"
        return Step("refused", f"{said} the same user, see annotation {keys.RUN_AS_USER}")
    if not sent:
        whom = f"named {action.process} " if action.process else ""
        return Step("failed", f"no process {whom}runs in the pod that {action.signal} could go to")
    return Step("signalled", f"{action.signal} was sent to {', '.join(sent[:5])}", True)


def chosen(found: Sequence[Process], name: str, own: int) -> list[Process]:
    """The processes that the signal is for: of those with that name the ones above, as a server's
    is above its workers; without a name the oldest first process.
    """
    others = [it for it in found if it.pid not in (_PAUSE, own)]
    if not name:
        first = [it for it in others if it.parent == 0]
        return sorted(first, key=lambda it: (it.started, it.pid))[:1]
    named = [it for it in others if it.is_named(name)]
    pids = {it.pid for it in named}
    return [it for it in named if it.parent not in pids]


def processes(proc: str) -> Iterator[Process]:
    """The processes that can be seen; one may end while it is looked at."""
    for entry in os.listdir(proc):
        if entry.isascii() and entry.isdigit():
            with suppress(OSError, ValueError, IndexError):
                yield _process(os.path.join(proc, entry), int(entry))


def _process(directory: str, pid: int) -> Process:
    with open(os.path.join(directory, "stat"), "rb") as file:
        head, _, rest = file.read().decode(errors="replace").rpartition(")")
    with open(os.path.join(directory, "cmdline"), "rb") as file:
        started_by = file.read(4096).partition(b"\0")[0].decode(errors="replace")
    fields = rest.split()
    parent, started = int(fields[_STAT_PARENT]), int(fields[_STAT_STARTED])
    program = started_by.partition(": ")[0].rpartition("/")[2]  # `nginx: master process …`
    return Process(pid, parent, started, head.partition("(")[2], program)
