"""The kubelets: pods that run, containers that speak and crash."""
