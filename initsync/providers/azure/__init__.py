"""Azure without its SDK: one token and one GET, held against Microsoft's client by tests (D16)."""
