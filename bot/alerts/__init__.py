"""Alerts: watchers find what is wrong, the engine turns findings into alerts and follows each to its end."""
