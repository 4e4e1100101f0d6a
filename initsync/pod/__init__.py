"""The processes in a pod: jasm-init, once or as a sidecar, and jasm-wait."""
