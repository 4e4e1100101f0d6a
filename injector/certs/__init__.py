"""The serving certificate: what is next of what is stored, and the job that does it."""
