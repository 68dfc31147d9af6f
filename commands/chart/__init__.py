"""The chart's versions: upgrade checks, hazards between versions, and conversions of old values."""
