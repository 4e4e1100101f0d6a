"""The Kubernetes API: who we are there, requests, answers, and objects as it keeps them."""
