"""HashiCorp Vault and OpenBao without their SDK: log in, read one secret, give the token back."""
