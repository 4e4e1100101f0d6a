"""What ServiceAccounts must be allowed, in a cloud and in Kubernetes, and no more."""
