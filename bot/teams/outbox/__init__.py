"""Outgoing messages: paced, in order, repeated where that does no harm."""
