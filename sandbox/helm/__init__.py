"""The chart repository, and the past of the release."""
