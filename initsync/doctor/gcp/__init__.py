"""What the doctor knows of Google Cloud: who a pod is there, and what Google says to it."""
