"""How a provider's text becomes keys and values, one file a format."""
