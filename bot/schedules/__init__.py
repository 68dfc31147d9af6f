"""Commands that run at set times."""
