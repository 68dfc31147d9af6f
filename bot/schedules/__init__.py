"""Schedules: changes that run at set times, announced before and recorded like any other."""
