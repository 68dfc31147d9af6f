"""A message's or a click's way to its command: who, what, and may they."""
