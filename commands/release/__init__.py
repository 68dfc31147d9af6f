"""Helm's releases: their records, their manifests, and the changes and effects found in them."""
