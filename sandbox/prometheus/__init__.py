"""A Prometheus that scrapes the sandbox's kubelets, as Azure Monitor's managed service does."""
