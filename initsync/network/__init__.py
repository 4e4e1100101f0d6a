"""Kept-alive HTTP/1.1 over TLS, lean enough for the start of every pod."""
