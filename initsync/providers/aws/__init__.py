"""AWS without its SDK: what one GetSecretValue needs, held against botocore by tests (D3)."""
