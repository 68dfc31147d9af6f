"""Azure Resource Manager and what lies behind it."""
