"""The hub's side of users' servers: which run of a server is meant, and stopping many of them."""
