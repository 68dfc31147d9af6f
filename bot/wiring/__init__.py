"""The composition root: the one place where real clients are built and everything is tied together."""
