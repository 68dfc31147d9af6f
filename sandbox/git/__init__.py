"""A git server with the repository of the hub's values."""
