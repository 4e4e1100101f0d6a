"""The webhook's wires: connections, bodies, TLS, and an end without loss."""
