"""Kubernetes' messages about pods, nodes, volumes and events, explained for people."""
