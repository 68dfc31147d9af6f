"""The audit trail: what is recorded of each request, in a chain that shows what is missing."""
