"""Helm values of the hub's release: read, checked, compared, judged and shown. Argument types are elsewhere."""
