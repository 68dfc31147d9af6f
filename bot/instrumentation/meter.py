"""Interface of the counters of the bot's work. Nothing is counted here: `bot.telemetry.metrics` does."""

from datetime import timedelta

from bot.instrumentation.outcomes import Outcome


class Meter:
    """Receiver of events, in words from closed lists: nothing that a person typed, and nobody's name.

    `command` is a declared command's name, or empty for what is none.
    """

    def answered(self, command: str, outcome: Outcome, seconds: float) -> None:
        """Count a message that was answered, this long after it came."""

    def planned(self, command: str, seconds: float) -> None:
        """Count a change that was planned, which took this long, or was refused by then."""

    def asked(self, kind: str) -> None:
        """Count a question to somebody: for "approval", for "confirmation", or to veto an "emergency"."""

    def decided(self, kind: str, result: str, waited: timedelta) -> None:
        """Count an answer: "given", or how it ended, as an outcome has it ("rejected", "expired")."""

    def ended(self, command: str, outcome: Outcome) -> None:
        """Count a change that has ended."""

    def worked(self, command: str, outcome: Outcome, seconds: float) -> None:
        """Count a change that was at work for this long, in this process."""

    def posted(self, watcher: str, severity: str) -> None:
        """Count an alert's card that was posted."""


# For those whom nobody counts.
UNCOUNTED = Meter()
