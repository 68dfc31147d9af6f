"""The date and the time of day, as everything that the bot keeps on record has them.

They are the machine's. Only a trial moves them ahead of that, so that a night can be seen at once; they never go back.
"""

from datetime import UTC, datetime, timedelta


class _Ahead:
    """How far this process' time is ahead of the machine's."""

    length = timedelta(0)


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC) + _Ahead.length


def move_ahead(length: timedelta) -> None:
    """Move the time ahead, for this process. Raise ValueError for a length below zero."""
    if length < timedelta(0):
        raise ValueError("time does not go back")
    _Ahead.length += length
