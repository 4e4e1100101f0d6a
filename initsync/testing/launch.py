"""Between us and a measured program: a small process, so that the figures are the program's own.

`python -I -S launch.py REPORT_FILE JOIN PROGRAM ARGUMENT...` runs the program and writes, in one
line, its wait status, CPU seconds, peak resident bytes and wall seconds. A process that a large one
starts counts that one's memory as its own peak (execve keeps the high-water mark), hence this. JOIN
is a cgroup's list of processes, in which the program starts, or empty.
"""

import os
import signal
import sys
import time


def main(report: str, join: str, command: list[str]) -> None:
    """Run `command` with our own environment, standard streams and working directory."""
    signal.signal(signal.SIGTERM, lambda *_: None)  # the program's own to obey: it is in our group
    if join:
        with open(join, "w", encoding="ascii") as group:
            group.write(str(os.getpid()))
    start = time.monotonic()
    child = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - start
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2) of each
    with open(report, "w", encoding="ascii") as file:
        cpu = usage.ru_utime + usage.ru_stime
        file.write(f"{status} {cpu} {usage.ru_maxrss * unit} {seconds}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
