"""Timestamps in relation to now, as people read them."""

from datetime import datetime

from commands.timing.durations import spoken


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago the moment was, or a dash where it is not known."""
    return f"{spoken(now - moment)} ago" if moment else "—"
