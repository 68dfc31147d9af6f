"""Amounts of storage as people read them: `10 GiB`, `1.5 TiB`."""

from typing import Final

_UNITS: Final = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP: Final = 1024


def spoken(size: int) -> str:
    """Return a number of bytes in the largest unit of which it has at least one, with at most one decimal."""
    amount, unit = float(max(0, size)), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{f'{amount:.1f}'.removesuffix('.0')} {_UNITS[unit]}"
