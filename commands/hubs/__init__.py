"""Commands about which hub is meant."""
