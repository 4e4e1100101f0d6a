"""What is added to a pod: a pod in, JSON Patch out, for the webhook and for people alike."""
