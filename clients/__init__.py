"""Clients of the outside systems, one file or package each. They return plain data and raise `clients.errors`."""
