"""The chart's values: read, checked, compared and judged. Not argument types."""
