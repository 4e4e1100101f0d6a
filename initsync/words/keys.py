"""The names under which JASM's facts live in Kubernetes objects: the data model's (D10)."""

PREFIX = "jasm.codnod.io/"
ANNOTATION = PREFIX + "secret-sync"
"""On a pod: what to sync, as YAML."""
ON_FAILURE = PREFIX + "on-failure"
"""On a pod: `block`, `strict` or `continue` (D8)."""
MAX_STALE = PREFIX + "max-stale"
"""On a pod: how old a kept Secret may be while the provider is down, such as `12h`."""
MAX_AGE = PREFIX + "max-age"
"""On a pod: how recently written a Secret is taken without asking the provider (D15)."""
MODE = PREFIX + "mode"
"""On a pod: `init`, `sidecar` (D14), or `wait`."""
SIDECAR = "sidecar"
"""The mode to go on syncing; JASM_MODE has it, too."""
WAIT = "wait"
"""The mode to sync nothing, and to wait for what others sync; JASM_MODE has it, too."""
REFRESH_INTERVAL = PREFIX + "refresh-interval"
"""On a pod in sidecar mode: the time between two syncs, such as `5m`."""
ON_CHANGE = PREFIX + "on-change"
"""On a pod in sidecar mode: what to do once a sync has found another value, such as `evict`."""
CHANGE_WINDOW = PREFIX + "change-window"
"""On a pod that evicts itself: within how long its replicas begin to ask for it, such as `5m`."""
METRICS_PORT = PREFIX + "metrics-port"
"""On a pod in sidecar mode: the port of /metrics and /healthz."""
INJECT = PREFIX + "inject"
"""On a pod: `"false"` keeps the injector away."""
PLACE = PREFIX + "place"
"""On a pod: where among its init containers ours comes: `first`, `last`, or after which one."""
RUN_AS_USER = PREFIX + "run-as-user"
"""On a pod: the UID of our container, such as a mesh's own (D22)."""
SECCOMP_PROFILE = PREFIX + "seccomp-profile"
"""On a pod: `none` leaves it out of our container, for clusters that forbid to name one."""
LEFT_OUT = "none"
"""The value of `seccomp-profile` and `run-as-user` by which the field is not set."""
CPU, MEMORY = PREFIX + "cpu", PREFIX + "memory"
"""On a pod: request and limit of our container."""
NAMESPACE_LABEL = PREFIX + "injection"
"""On a namespace: `disabled` keeps the injector away from all its pods."""
EXCLUDED_NAMESPACES = ("kube-system", "kube-node-lease", "jasm-system")
"""Their pods are never sent to the injector (D21)."""
INJECTED = PREFIX + "injected"
"""On a pod, set by the injector: its version."""
ADOPT = PREFIX + "adopt"
"""On a foreign Secret: `"true"` allows JASM to take it over."""

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGED_BY_DEFAULT = "caronte"
PROVIDER = PREFIX + "provider"
SOURCE_PATH = PREFIX + "source-path"
SYNCED_AT = PREFIX + "synced-at"
VERSION = PREFIX + "version"
"""On a Secret: the provider's own name of the version that was written, where it has one."""

SHAPE = PREFIX + "shape"
"""On a Secret: a digest of what its annotation says beside provider and path, if that is anything:
two Secrets of one source and different `keys` are not the same."""

FIELD_MANAGER = "jasm"
"""The server-side apply manager of everything that JASM writes."""
CONTAINER = "jasm-init"
"""The init container's name: the injector's mark, and the Events' source."""

WAITER = "jasm-wait"
"""The second init container's name (D25)."""

PODINFO_DIR = "/var/run/jasm/podinfo"
"""Where the init container finds the downward-API files secret-sync, name, namespace, uid."""
PODINFO_FILES = {
    ANNOTATION: "secret-sync",
    ON_FAILURE: "on-failure",
    MAX_STALE: "max-stale",
    MAX_AGE: "max-age",
    MODE: "mode",
    REFRESH_INTERVAL: "refresh-interval",
    ON_CHANGE: "on-change",
    CHANGE_WINDOW: "change-window",
}
"""The downward-API file that shows each annotation."""
HANDOVER_DIR = "/var/run/jasm/handover"
"""Where the init container leaves the names of the keys for the waiter."""
READY_FILE = "ready"
"""In it, left by the sidecar for its startup probe: the pod has been served."""
WAIT_DIR = "/var/run/jasm/wait"
"""Below it the waiter sees the pod's volumes."""
SECRETS_DIR = "/var/run/jasm/secrets"
"""Below it the waiter of a pod in mode `wait` sees each Secret as a whole, by its name."""
SERVICEACCOUNT_DIR = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where it finds `token`, `ca.crt` and `namespace`, as every in-cluster client does."""
CREDENTIALS_FILE = "cloud-credentials.json"
"""In there: a configuration of how to become somebody in a cloud, and no secret."""
