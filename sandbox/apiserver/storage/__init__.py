"""The objects of a cluster in memory, with resource versions, history and deletion."""
