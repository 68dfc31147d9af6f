"""The three patches of Kubernetes, and server-side apply."""
