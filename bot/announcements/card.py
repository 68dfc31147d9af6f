"""The card of an announcement: what people are told, by whom, until when; and that it is over. Pure."""

from cards.times import minute
from cards.views import Fact, Facts, Notice, Tone
from commands.ports.announcements import Announcement


def card(known: Announcement) -> Notice:
    """Return the card as it stands while people are told, or once it is over."""
    if known.ended is None:
        facts = (Fact("Until", minute(known.until)), Fact("By", known.by))
        return Notice("Announcement", known.text, Tone.NOTE, (Facts(facts),))
    over = min(known.ended, known.until)
    return Notice("This announcement is over", known.text, Tone.NOTE, (Facts((Fact("Since", minute(over)),)),))
