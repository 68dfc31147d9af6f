"""The scenario of the sandbox: its cluster, its hub, and their past."""
