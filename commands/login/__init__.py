"""Commands about the login to the hub."""
