"""One sync: read the Secret, fetch, apply what differs, report."""
