"""Durations, timestamps, hours and cron lines."""
