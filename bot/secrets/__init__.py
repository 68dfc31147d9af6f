"""Secrets: read from where they are kept, and known so that they can be redacted."""
