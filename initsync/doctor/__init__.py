"""`initsync doctor`: each check is a function of what was read; who reads stands apart."""
