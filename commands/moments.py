"""Moments as people read them: in UTC, to the minute."""

from datetime import datetime

from commands.durations import spoken


def minute(moment: datetime) -> str:
    """Date and time: `2026-11-23 09:00 UTC`."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, or a dash where that is not known."""
    return f"{spoken(now - moment)} ago" if moment else "—"
