"""Moments as the tables store them: ISO 8601 in UTC with microseconds, so that text sorts as time does."""

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """Return the moment as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read(text: str) -> datetime:
    """Return the moment in a text that is not empty."""
    return datetime.fromisoformat(text)


def read_or_none(text: str) -> datetime | None:
    """Return the moment, or None for an empty text."""
    return read(text) if text else None
