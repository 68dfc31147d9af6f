"""Version numbers as people and systems write them."""

import re
from typing import Final

_VERSION: Final = re.compile(r"v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?")


def parsed(version: str) -> tuple[int, int, int] | None:
    """Return `v1.32.7` or `4.4.0` as numbers, or None for what is no version."""
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None
