"""The delay of an emergency: how long somebody could surely have stopped it, by a clock that nobody sets.

It counts only what lies between two looks that both found the card shown and the bot able to hear a click. It lives in
memory alone: a process that takes an emergency up begins it anew.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from commands.timing.durations import spoken

# How many times it is looked within the delay, and the bounds of the pauses between two looks, in seconds. An edit of
# the card is part of each look, and Teams takes about one a second.
_LOOKS: Final = 10
_SHORTEST: Final = 1.0
_LONGEST: Final = 20.0
# Of what lies between two looks no more counts than twice the pause: a process that stood still saw nothing.
_AT_MOST: Final = 2.0
# After the delay twice over it is given up, and not before this many seconds more.
_PATIENCE: Final = 30.0


class Countdown:
    """The delay of one emergency. `seconds` is a clock that only goes forward.

    `trouble` is why it did not count at the last look, empty where it did; `reason` is the last such trouble, and
    `looks` how often it was looked. `freeze` is the freeze that the emergency goes on in, in words, if there is one.
    """

    def __init__(self, delay: timedelta, seconds: Callable[[], float]) -> None:
        self._delay = delay.total_seconds()
        self._seconds = seconds
        self._pause = min(_LONGEST, max(_SHORTEST, self._delay / _LOOKS))
        self._counted = 0.0
        self._seen: float | None = None
        self._next = self._began = seconds()
        self.trouble = self.reason = ""
        self.looks = 0
        self.freeze = ""

    def look(self, trouble: str) -> None:
        """Take in what a look has found: why it could not be stopped just now, empty where it could."""
        now = self._seconds()
        self.looks += 1
        if not trouble and self._seen is not None:
            self._counted += min(now - self._seen, _AT_MOST * self._pause)
        self._seen = None if trouble else now
        self._next = now + self._pause
        self.trouble, self.reason = trouble, trouble or self.reason

    @property
    def until_look(self) -> float:
        """The seconds until the next look is due."""
        return max(0.0, self._next - self._seconds())

    @property
    def is_over(self) -> bool:
        """True if it could surely have been stopped for the whole delay, up to the last look."""
        return not self.trouble and self._seen is not None and self._counted >= self._delay

    @property
    def is_hopeless(self) -> bool:
        """True if it has taken so long that the emergency must not go on."""
        return self._seconds() - self._began > self._delay + max(self._delay, _PATIENCE)

    @property
    def left(self) -> str:
        """The part of the delay that is left, in words."""
        return spoken(timedelta(seconds=max(0.0, self._delay - self._counted)))


def condition(delay: timedelta, countdown: Countdown | None) -> str:
    """Say when an emergency goes on; `countdown` is None where another process counts."""
    left = f"; {countdown.left} left" if countdown else ""
    return f"after this card was shown for {spoken(delay)} and nobody stopped it{left}"


def on_hold(countdown: Countdown | None) -> str:
    """Say why the delay does not count at the moment; empty where it does."""
    if countdown is None or not countdown.trouble:
        return ""
    return f"The delay does not count at the moment: {countdown.trouble}"


def in_freeze(countdown: Countdown | None) -> str:
    """Say that changes are frozen, and that the emergency goes on all the same; empty where they are not."""
    if countdown is None or not countdown.freeze:
        return ""
    return f"Changes are frozen, and this goes on all the same: {countdown.freeze}"


NOT_SHOWN: Final = "Teams has not confirmed that this card is shown."
NOBODY_THERE: Final = "nobody who could stop it is where this card is shown."
