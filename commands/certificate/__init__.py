"""Commands about the hub's certificate, and what is wrong with it."""
