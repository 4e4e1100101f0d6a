"""Whether the pod's volumes show a new value: the kubelet brings it there in its own time.

https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod
"""

from collections.abc import Callable, Mapping

from initsync.pod import wait
from initsync.pod.sidecar.contents import Content

LONGEST = 300.0
"""Seconds in which the kubelet has shown it: it looks at a pod each minute and a half at most
(syncFrequency, 1m, and a half of it at random), and what it knows of a Secret may be a minute old
where it does not watch. Twice that, for nodes that have much to do."""


def shows(
    env: Mapping[str, str], found: Mapping[str, Content], mark: Callable[[str, str, bytes], str]
) -> bool | None:
    """Whether each of their files is what the Secrets hold; None where one may not be read.

    Raises what a wrong JASM_WAIT_* raises: ValueError, TypeError, KeyError.
    """
    names = {secret: tuple(content.marks) for secret, content in found.items()}
    for expected in wait.expected(env, names):
        wanted = found[expected.secret].marks.get(expected.key)
        try:
            with open(expected.path, "rb") as file:
                if wanted and mark(expected.secret, expected.key, file.read()) != wanted:
                    return False
        except PermissionError:
            return None
        except OSError:
            return False
    return True
