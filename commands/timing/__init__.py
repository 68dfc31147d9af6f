"""Durations, moments, hours and cron lines."""
