"""Interfaces of what commands may read and write: one module for each outside system."""
