"""`jasm-wait`: ends when the kubelet shows the synced keys in the pod's volumes (D25).

The variables are in `help`. Apart from `main`, and importing next to nothing: it runs in
every pod with such a volume. Where no `jasm-init` came before it: `elsewhere`.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, NoReturn, TextIO

from initsync.words import keys
from initsync.words.wording import LINE_LIMIT, one_line

HANDOVER = "keys.json"
_PAUSE = 0.05  # seconds; the kubelet shows them within some tenths of a second

Names = Mapping[str, Sequence[str]]
"""The names of the keys of each Secret."""


class Expected(NamedTuple):
    """A file that a volume is to show."""

    key: str
    path: str
    there: bool
    """Whether the Secret has that key."""
    secret: str


def main() -> NoReturn:
    """Run as the container's process."""
    if len(sys.argv) > 1:
        from initsync.pod.help import answer

        answer("jasm-wait", sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # PID 1 has no default
    if os.environ.get("JASM_MODE") == keys.WAIT:
        from initsync.pod import elsewhere  # pods in that mode alone pay for it

        clock = elsewhere.Clock(time.time, time.monotonic, time.sleep)
        sys.exit(elsewhere.run(os.environ, sys.stderr, clock))
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
        wanted = list(expected(env, names))
        deadline = now() + float(env.get("JASM_TIMEOUT") or 60)
    except KeyError as error:
        return _error(stderr, 2, f"{error.args[0]} is not set: the injector sets it, see {_DOCS}")
    except (OSError, ValueError, TypeError) as error:
        return _error(stderr, 2, f"cannot wait for the Secret's volumes ({error}): see {_DOCS}")
    if problem := never(wanted):
        return _error(stderr, 3, problem)
    while problem := missing(wanted):
        if now() > deadline:
            return _error(stderr, 5, f"{problem}: {_AGAIN}")
        sleep(_PAUSE)
    return 0


def never(wanted: Sequence[Expected]) -> str:
    """What will never be shown, as a sentence; empty where all may be."""
    unknown = sorted({it.key for it in wanted if not it.there})
    problem = f"a volume wants keys {unknown} that the secret does not have"
    return f"{problem}: {_FIX}" if unknown else ""


def missing(wanted: Sequence[Expected]) -> str:
    """The first that is not shown, as a sentence; empty where all are."""
    paths = (it.path for it in wanted if not os.path.exists(it.path))
    path = next(paths, "")
    return f"the kubelet has not shown {path} yet" if path else ""


def _error(stderr: TextIO, code: int, sentence: str) -> int:
    stderr.write(f"error: {one_line(sentence, LINE_LIMIT)}\n")
    return code


_DOCS = "docs/reference.md, Volumes"
_AGAIN = "it is tried again with the pod's next start of this container"
_FIX = "correct the volume's items, or add the keys at the provider"


def write_names(directory: str, names: Names) -> None:
    """Leave the names of the Secrets' keys for `jasm-wait`; of none it has nothing to wait for."""
    with open(os.path.join(directory, HANDOVER), "w", encoding="utf-8") as file:
        json.dump(names, file)


def _names(directory: str) -> Names:
    with open(os.path.join(directory, HANDOVER), encoding="utf-8") as file:
        found = json.load(file)
    if not isinstance(found, dict):
        raise ValueError(f"{HANDOVER} is no JSON object")  # noqa: TRY004  # of what it was given
    return {str(secret): [str(key) for key in keys] for secret, keys in found.items()}


def expected(env: Mapping[str, str], every: Names) -> Iterator[Expected]:
    """Each key that a volume is to show, with its file."""
    number = -1
    while directory := env.get(f"JASM_WAIT_{(number := number + 1)}"):
        wish = json.loads(env[f"JASM_WAIT_{number}_OF"])
        # Of a pod with one Secret the wish need not say of which it is.
        secret = wish["secret"] if "secret" in wish else next(iter(every), "")
        names = every.get(secret, ())
        if not names:  # it was not synced: nothing will come, and the pod starts without
            continue
        items = wish["items"] or zip(names, names, strict=True)
        if isinstance(items, dict):  # as pods written by hand have it
            items = items.items()
        for key, path in items:
            if key in names or not wish["optional"]:
                yield Expected(key, os.path.join(directory, path), key in names, secret)
