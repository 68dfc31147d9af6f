"""What is counted of the bot's work. Here nothing is: `bot.telemetry.metrics` has the one that counts."""

from datetime import timedelta

from bot.instrumentation.outcomes import Outcome


class Meter:
    """Told of what happened, in words from closed lists: nothing that a person typed, and nobody's name.

    `command` is a declared command's name, or empty for what is none.
    """

    def answered(self, command: str, outcome: Outcome, seconds: float) -> None:
        """A message was answered, this long after it came."""

    def planned(self, command: str, seconds: float) -> None:
        """A change was planned, which took this long, or was refused by then."""

    def asked(self, kind: str) -> None:
        """Somebody is asked: for "approval", for "confirmation", or to veto an "emergency"."""

    def decided(self, kind: str, result: str, waited: timedelta) -> None:
        """What was asked is decided: "given", or how it ended, as an outcome has it ("rejected", "expired")."""

    def ended(self, command: str, outcome: Outcome) -> None:
        """A change has ended."""

    def worked(self, command: str, outcome: Outcome, seconds: float) -> None:
        """A change was at work for this long, in this process."""

    def posted(self, watcher: str, severity: str) -> None:
        """An alert's card was posted."""


# For those whom nobody counts.
UNCOUNTED = Meter()
