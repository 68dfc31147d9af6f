"""Azure Resource Manager and the resources behind it, and the key vault."""
