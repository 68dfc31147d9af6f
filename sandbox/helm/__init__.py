"""A chart repository, and releases that were made before."""
