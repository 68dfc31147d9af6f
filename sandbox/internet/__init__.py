"""The public internet: DNS, TLS and the authority that issues certificates."""
