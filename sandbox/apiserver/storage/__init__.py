"""Objects kept in memory, with resource versions, history and deletion."""
