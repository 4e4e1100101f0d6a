"""What the pod's programs answer to a person who asks them for help or their version."""

import sys
from collections.abc import Collection

from initsync import __version__

TEXTS = {
    "jasm-init": """\
usage: jasm-init

Syncs the secret that the pod's annotation jasm.codnod.io/secret-sync asks for into a
Kubernetes Secret. It runs inside a pod and is configured by environment and files only:

  JASM_TIMEOUT             seconds for the whole sync, retries included; default 60
  JASM_SETTLE              seconds to wait after changing an existing Secret; default 1
  JASM_MANAGED_BY          value of the managed-by label; default caronte
  JASM_ALSO_MANAGED_BY     further values, with commas between, that are JASM's too
  JASM_SECRET_LABELS       labels of every Secret: NAME=VALUE, with commas between
  JASM_MODE                init (default), or sidecar: go on syncing while the pod runs
  JASM_METRICS_PORT        of a sidecar: where to serve /metrics and /healthz
  JASM_CONTROLLED          of a sidecar that may evict its pod: true
  JASM_RESTART_POLICY      the pod's own; under Never refusals are retried too
  JASM_LOG_FORMAT          text (default) or json
  JASM_LOG_LEVEL           info (default), or debug: a line for each request
  JASM_NODE_NAME           the node's name, for the Event
  JASM_FIELD_PATH          which container of the pod it is, for the Event; default
                           spec.initContainers{jasm-init}
  JASM_HANDOVER_DIR        where to leave the names of the keys for jasm-wait
  JASM_PODINFO_DIR         the downward API's files; default /var/run/jasm/podinfo
  JASM_SERVICEACCOUNT_DIR  token and ca.crt; default
                           /var/run/secrets/kubernetes.io/serviceaccount

By hand, from a shell with a kubeconfig: initsync --pod NAME
""",
    "jasm-wait": """\
usage: jasm-wait

Ends when the kubelet shows the keys that jasm-init has synced in the pod's volumes.
It runs inside a pod and is configured by environment only, which the injector sets:

  JASM_HANDOVER_DIR        where jasm-init left the names of the keys
  JASM_WAIT_0, ...         a directory in which a volume of the Secret is mounted
  JASM_WAIT_0_OF, ...      JSON: items (by key its path, null for all), optional,
                           and of a pod with several Secrets which one (secret)
  JASM_TIMEOUT             seconds to wait; default 60

In a pod with jasm.codnod.io/mode: wait there is no jasm-init. There it waits for what
others sync:

  JASM_MODE                wait
  JASM_RESTART_POLICY      the pod's own; under Never it stays
  JASM_PODINFO_DIR         the downward API's files; default /var/run/jasm/podinfo
  JASM_SECRETS_DIR         where each Secret is mounted by its name; default
                           /var/run/jasm/secrets
  JASM_TIMEOUT             with on-failure: continue, seconds until the app starts
""",
}


def answer(program: str, arguments: Collection[str]) -> None:
    """Print what is asked for and end; return where nothing is."""
    if "--version" in arguments:
        print(program, __version__)
    elif {"--help", "-h"} & set(arguments):
        print(TEXTS[program], end="")
    else:
        return
    sys.exit(0)
