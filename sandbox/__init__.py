"""A JupyterHub on Kubernetes in one process: the systems outside, for the demo and the tests. Loopback only."""
