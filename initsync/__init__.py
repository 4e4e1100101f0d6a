"""JASM's pod side: fetch one cloud secret and keep it as a Kubernetes Secret."""

__version__ = "0.1.0"
