"""What a pod's author writes: the annotations' texts in, a request or a sentence out."""
