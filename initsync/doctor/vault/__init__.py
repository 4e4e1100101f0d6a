"""What the doctor knows of Vault: what a pod asks it with, and what Vault says to it."""
