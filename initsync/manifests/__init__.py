"""Files of manifests: found, read, checked, and written back with what is added."""
