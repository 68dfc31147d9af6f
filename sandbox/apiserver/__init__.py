"""A Kubernetes API server in memory, true enough for unmodified helm, kubectl and Python clients."""
