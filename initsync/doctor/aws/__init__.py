"""What the doctor knows of AWS: who a pod is there, and what AWS says to it."""
