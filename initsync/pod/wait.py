"""`jasm-wait`: ends when the kubelet shows the synced keys in the pod's volumes (D25).

The variables are in `help`. Apart from `main`, and importing next to nothing: it runs in
every pod with such a volume.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn, TextIO

from initsync.words.wording import LINE_LIMIT, one_line

HANDOVER = "keys.json"
_PAUSE = 0.05  # seconds; the kubelet shows them within some tenths of a second


def main() -> NoReturn:
    """Run as the container's process."""
    if len(sys.argv) > 1:
        from initsync.pod.help import answer

        answer("jasm-wait", sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # PID 1 has no default
    sys.exit(run(os.environ, sys.stderr, time.monotonic, time.sleep))


def run(
    env: Mapping[str, str],
    stderr: TextIO,
    now: Callable[[], float],
    sleep: Callable[[float], None],
) -> int:
    """Wait until every file is there; the exit code."""
    try:
        names = _names(env["JASM_HANDOVER_DIR"])
        expected = list(_expected(env, names))
        deadline = now() + float(env.get("JASM_TIMEOUT") or 60)
    except KeyError as error:
        return _error(stderr, 2, f"{error.args[0]} is not set: the injector sets it, see {_DOCS}")
    except (OSError, ValueError) as error:
        return _error(stderr, 2, f"cannot wait for the Secret's volumes ({error}): see {_DOCS}")
    if unknown := sorted({key for key, _ in expected} - set(names)):
        problem = f"a volume wants keys {unknown} that the secret does not have"
        return _error(stderr, 3, f"{problem}: {_FIX}")
    while missing := [path for _, path in expected if not os.path.exists(path)]:
        if now() > deadline:
            return _error(stderr, 5, f"the kubelet has not shown {missing[0]} yet: {_AGAIN}")
        sleep(_PAUSE)
    return 0


def _error(stderr: TextIO, code: int, sentence: str) -> int:
    stderr.write(f"error: {one_line(sentence, LINE_LIMIT)}\n")
    return code


_DOCS = "docs/reference.md, Volumes"
_AGAIN = "it is tried again with the pod's next start of this container"
_FIX = "correct the volume's items, or add the keys at the provider"


def write_names(directory: str, names: Iterator[str] | tuple[str, ...]) -> None:
    """Leave the names of the Secret's keys for `jasm-wait`; none: it has nothing to wait for."""
    with open(os.path.join(directory, HANDOVER), "w", encoding="utf-8") as file:
        json.dump(list(names), file)


def _names(directory: str) -> list[str]:
    with open(os.path.join(directory, HANDOVER), encoding="utf-8") as file:
        return [str(name) for name in json.load(file)]


def _expected(env: Mapping[str, str], names: list[str]) -> Iterator[tuple[str, str]]:
    """Each key that a volume is to show, with its file."""
    number = 0
    while names and (directory := env.get(f"JASM_WAIT_{number}")):
        wish = json.loads(env[f"JASM_WAIT_{number}_OF"])
        items = wish["items"] or zip(names, names, strict=True)
        if isinstance(items, dict):  # as pods written by hand have it
            items = items.items()
        for key, path in items:
            if key in names or not wish["optional"]:
                yield key, os.path.join(directory, path)
        number += 1
