"""Objects and the kinds that they are of."""
