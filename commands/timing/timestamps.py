"""Moments as people read them: how long ago."""

from datetime import datetime

from commands.timing.durations import spoken


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, or a dash where that is not known."""
    return f"{spoken(now - moment)} ago" if moment else "—"
