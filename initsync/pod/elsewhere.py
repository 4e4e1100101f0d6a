"""`jasm-wait` in a pod of mode `wait`: the Secrets are made elsewhere, and it waits for them.

It reads files alone: the pod's annotations, and what the kubelet shows of each Secret in a volume
of its own. It has no token, and asks nobody.

The kubelet shows a Secret that is made later only as it looks after the pod: when a container
ends, and each 60 to 90 s (pkg/kubelet/pod_workers.go, completeWork). So in a young pod a run is
short: it says what is not there, and ends, for the kubelet to look and to start it again. That is
at once at first, then after 10, 20, 40 s, up to 5 minutes (pkg/kubelet/kuberuntime,
doBackOff). Before that takes longer than looking, a run stays, until the kubelet has forgotten
how often it ended. Of a Secret that was made seconds after the pod: told after 5 s, and the app
started 14 s after the Secret was made, 71 s after in a pod with `restartPolicy: Never`.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TextIO

from initsync import providers
from initsync.annotation import policy, together
from initsync.annotation.request import parse
from initsync.pod import podinfo
from initsync.pod.wait import expected, missing, never
from initsync.words import keys
from initsync.words.errors import JasmError
from initsync.words.model import Target, targets
from initsync.words.wording import LINE_LIMIT, bug, one_line

SHORT = 3.0
"""Seconds of a run that tells, and ends to be started again."""
LONG = 660.0
"""Seconds of one that stays: the kubelet forgets after 10 minutes."""
YOUNG = 60.0
"""Seconds since the kubelet began with the pod: by then four runs have ended."""
_SOON = 25.0  # seconds before the pod starts anyway: no other run would come in time
_PAUSE = 0.25
_SHOWN = 3  # Secrets of a sentence
_LONG_NAME = 200  # bytes of one, and of its source


class Clock(NamedTuple):
    """The clocks of the process, in seconds."""

    now: Callable[[], float]
    """The time of day, in seconds since 1970."""
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


class _Found(NamedTuple):
    code: int
    """The exit code; 0: everything is there."""
    problem: str = ""
    final: bool = True
    """No other look would find anything else."""


class _Patience(NamedTuple):
    seconds: float
    last: bool = True
    """Whether these seconds are the last: after them a pod that starts anyway does so."""


def run(env: Mapping[str, str], stderr: TextIO, clock: Clock) -> int:
    """Wait until every Secret is shown; the exit code."""
    annotations: Mapping[str, str] = {}
    try:
        directory = env.get("JASM_PODINFO_DIR", keys.PODINFO_DIR)
        annotations = podinfo.read_annotations(directory)
        found = _ended(env, annotations, directory, stderr, clock)
    except JasmError as error:
        found = _Found(error.exit_code, str(error))
    except (OSError, ValueError, TypeError, KeyError) as error:
        found = _Found(2, f"cannot wait for the Secrets ({error}): see {_DOCS}")
    except Exception as error:  # the last line must be a sentence, whatever happens
        found = _Found(1, bug(error))
    if found.code and found.final and policy.starts_anyway(annotations):
        said = f"the app starts all the same ({keys.ON_FAILURE}): {found.problem}"
        _say(stderr, "warning", said)
        return 0
    if found.code:
        _say(stderr, "error", found.problem)
    return found.code


_DOCS = "docs/reference.md, Mode wait"


def _ended(
    env: Mapping[str, str],
    annotations: Mapping[str, str],
    directory: str,
    stderr: TextIO,
    clock: Clock,
) -> _Found:
    """What was there at last."""
    policy.parse(annotations)
    asked = parse(annotations[keys.ANNOTATION], podinfo.read_pod(directory), providers)
    patience = _patience(env, annotations, directory, clock)
    begun, told = clock.monotonic(), False
    while not (found := _looked(env, targets(asked))).final:
        passed = clock.monotonic() - begun
        if passed >= patience.seconds:
            return found._replace(final=patience.last)
        if passed >= SHORT and not told:
            told = True
            _say(stderr, "waiting", found.problem)
        clock.sleep(_PAUSE)
    return found


def _patience(
    env: Mapping[str, str], annotations: Mapping[str, str], directory: str, clock: Clock
) -> _Patience:
    # The kubelet wrote the files when it began with the pod, or when an annotation was edited.
    age = max(0.0, clock.now() - os.stat(directory).st_mtime)
    left = LONG
    if policy.starts_anyway(annotations):
        left = min(LONG, max(0.0, float(env.get("JASM_TIMEOUT") or 60) - age))
    again = env.get("JASM_RESTART_POLICY") != "Never"
    short = again and age < YOUNG and left > _SOON
    return _Patience(SHORT, last=False) if short else _Patience(left)


def _looked(env: Mapping[str, str], asked: Sequence[Target]) -> _Found:
    """Look which of the Secrets' keys are there now."""
    root = env.get("JASM_SECRETS_DIR", keys.SECRETS_DIR)
    mounted = [it for it in asked if os.path.isdir(os.path.join(root, it.secret_name))]
    names = {it.secret_name: _keys(os.path.join(root, it.secret_name)) for it in mounted}
    if lacks := [said for it in mounted if (said := _lack(it, names[it.secret_name]))]:
        more = f"; {len(lacks) - _SHOWN} more" if len(lacks) > _SHOWN else ""
        said = f"{'; '.join(lacks[:_SHOWN])}{more}. {_who(mounted[0].namespace)}"
        return _Found(5, said, final=False)
    wanted = list(expected(env, names))
    if problem := never(wanted):
        return _Found(3, problem)
    problem = missing(wanted)
    return _Found(5, problem, final=False) if problem else _Found(0)


def _keys(directory: str) -> list[str]:
    """The keys of the Secret that is mounted there, without the kubelet's own files."""
    return sorted(name for name in os.listdir(directory) if not name.startswith(".."))


def _lack(target: Target, shown: Sequence[str]) -> str:
    """What the Secret lacks, in a few words; empty where that is nothing."""
    named = one_line(f"{target.namespace}/{target.secret_name}", _LONG_NAME)
    origin = f"(from {one_line(target.source, _LONG_NAME)})"
    if not shown:
        return f"Secret {named} {origin} is not there, or has no keys"
    lacking = [name for it in target.entries for name in together.names(it) if name not in shown]
    listed = ", ".join(lacking[:_SHOWN])
    return f"Secret {named} {origin} has no key {listed}" if lacking else ""


def _who(namespace: str) -> str:
    return (
        f"This pod only waits for it ({keys.MODE}: {keys.WAIT}): a CronJob, a Job or another pod "
        f"with this annotation and without that mode makes it. Look for one with kubectl "
        f"-n {namespace} get cronjobs,jobs; initsync manifest --cronjob prints one"
    )


def _say(stderr: TextIO, level: str, sentence: str) -> None:
    stderr.write(f"{level}: {one_line(sentence, LINE_LIMIT)}\n")
    stderr.flush()
