"""Google Cloud without its SDK: one token and one GET, held against its clients by tests (D16)."""
