"""jasm-init in a pod that runs: the loop, what its cycles add up to, and its port."""
