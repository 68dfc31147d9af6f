"""The audit trail: a record of each request, in a chain of hashes that shows what is missing."""
