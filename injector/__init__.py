"""JASM's webhook: puts the init container `jasm-init` into annotated pods.

It has no API client and needs no rights (D20).
"""
