"""A review in, an answer out: what the webhook decides, counts and logs."""
