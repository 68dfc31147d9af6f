"""Defaults, admission and validation of objects."""
