"""The public side: DNS, TLS and the authority that issues certificates."""
