"""Helm's releases: records, manifests and what changes in them."""
