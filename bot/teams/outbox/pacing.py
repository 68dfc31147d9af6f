"""Rate limits of one conversation: Teams counts by the hour, too.

Teams takes 7 messages of a bot in 1 s, 8 in 2 s, 60 in 30 s and 1,800 in an hour ("Rate limiting", msteams-docs, 2026);
whether edits count is not stated, so they do here. Whoever follows a long upgrade wants news often at first, and the
end at once: what is spent early is saved later, step by step, and nothing new is ever refused.
"""

from collections import deque
from typing import Final

PACE: Final = 2.0
AWAITED_PACE: Final = 0.3
HOUR: Final = 3_600.0
# From so many within an hour on, so many seconds between edits: passing ones, and those that people wait for.
_STEPS: Final = ((0, PACE, AWAITED_PACE), (600, 8.0, 2.0), (1_100, 30.0, 6.0))
# Edits stop here until the hour has room: what is left is for new messages.
_MOST_WITH_EDITS: Final = 1_500


class Pace:
    """Record of what was written in a conversation within the last hour, and how long an edit waits for it."""

    def __init__(self) -> None:
        self._written: deque[float] = deque()

    def is_over(self, now: float) -> bool:
        """Return True if nothing was written for an hour, so that there is nothing to remember."""
        self._forget(now)
        return not self._written

    def wrote(self, now: float) -> None:
        """Count a message or an edit."""
        self._forget(now)
        self._written.append(now)

    def next_edit(self, now: float, last_edit: float, *, awaited: bool) -> float:
        """Return the time of the next edit, in the clock's seconds."""
        self._forget(now)
        count = len(self._written)
        _, passing, waited_for = next(step for step in reversed(_STEPS) if count >= step[0])
        paced = last_edit + (waited_for if awaited else passing)
        return max(paced, self._written[count - _MOST_WITH_EDITS] + HOUR) if count >= _MOST_WITH_EDITS else paced

    def _forget(self, now: float) -> None:
        while self._written and self._written[0] <= now - HOUR:
            self._written.popleft()
