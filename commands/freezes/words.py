"""A freeze in words."""

from cards.times import minute, timed
from cards.views import Fact, Facts
from commands.ports.freezes import Freeze


def in_words(freeze: Freeze) -> str:
    """Return the freeze as a sentence: what for, by whom, until when."""
    return timed(f"“{freeze.reason}”, by {freeze.by}, until ", minute(freeze.until), ".")


def facts(freeze: Freeze) -> Facts:
    """Return the freeze as facts."""
    return Facts(
        (
            Fact("Reason", freeze.reason),
            Fact("By", freeze.by),
            Fact("Since", minute(freeze.since)),
            Fact("Until", minute(freeze.until)),
        )
    )
