"""What goes on in a freeze and what it refuses, in the words of all cards about it.

The commands declare it (`Change.in_freeze`); these words are theirs, which a test holds to the catalogue.
"""

from collections.abc import Mapping
from typing import Final

ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "alerts and announcements": ("alerts", "announce"),
    "“server stop”, “storage grow” and “storage ask”, each for one person": (
        "server stop",
        "storage grow",
        "storage ask",
    ),
    "“scale up” and “cluster start”": ("scale up", "cluster start"),
    "“event start”, “event check” and “event remove”": ("event start", "event check", "event remove"),
    "“test”, “cancel”, “hubs use”, “logs --follow”, “schedule add” and “schedule remove”": (
        "test",
        "cancel",
        "hubs use",
        "logs --follow",
        "schedule add",
        "schedule remove",
    ),
}
"""What goes on, in words, with the beginnings of the names of its commands."""

REFUSED: Final = "Every other change is refused, also “restart”, “event add” and “server stop --idle”."
GOES_ON: Final = f"What only looks goes on, and so do: {'; '.join(ALLOWED)}."
