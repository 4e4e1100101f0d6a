"""What is in a cluster: who uses which Secret, and which pod was missed, and why."""
