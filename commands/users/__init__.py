"""People of the hub under another name."""
