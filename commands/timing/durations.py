"""Lengths of time as people write them (`90s`, `10m`, `4h`, `14d`) and as people read them."""

import re
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,6})\s*([smhd])", re.IGNORECASE)


def parse(text: str) -> timedelta:
    """Return the length of a whole number with a unit: s, m, h or d. Raise ValueError with what would be right."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError("write a whole number and a unit, as in 30s, 10m, 4h or 14d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2].lower()])


def written(length: timedelta) -> str:
    """Return the length as `parse` reads it, in the largest unit that fits: `90s`, `10m`, `14d`. Whole seconds."""
    seconds = round(length.total_seconds())
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def spoken(length: timedelta) -> str:
    """Return the length with its largest unit, or two while under a day: `40 s`, `10 min`, `2 h 5 min`, `3 days`."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min" if minutes >= 10 else _two(minutes, "min", seconds % 60, "s")  # noqa: PLR2004
    if hours < 48:  # noqa: PLR2004 - up to two days, hours say more
        return _two(hours, "h", minutes % 60, "min")
    return f"{days} days"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"
