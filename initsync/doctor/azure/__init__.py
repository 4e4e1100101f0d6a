"""What the doctor knows of Azure: who a pod is there, and what Azure says to it."""
