"""The end of the client secrets by which people log in."""

from datetime import datetime, timedelta
from typing import Final

from sandbox.entra.applications import CLIENT_ID, Applications

ENDS: Final = {
    "expired": timedelta(seconds=-1),
    "1d": timedelta(hours=23),
    "7d": timedelta(days=6, hours=12),
    "14d": timedelta(days=13, hours=12),
}
_LIFE: Final = timedelta(days=180)


def begin(applications: Applications, now: datetime, left: timedelta) -> list[str]:
    """Let every valid secret of the hub's registration end after `left`. Return their names."""
    good = [one for one in applications.by_app_id[CLIENT_ID].passwords if one.end > now]
    for one in good:
        one.end = now + left
    return [one.name or one.key_id for one in good]


def heal(applications: Applications, now: datetime) -> list[str]:
    """Make the newest secret valid for long. Return its name. Entra cannot do that: rotating is the real way."""
    newest = max(applications.by_app_id[CLIENT_ID].passwords, key=lambda one: one.start)
    newest.end = now + _LIFE
    return [newest.name or newest.key_id]
