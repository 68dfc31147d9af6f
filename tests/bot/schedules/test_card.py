"""The card of a schedule's run that a freeze left out: it says so, and the schedule stays."""

from bot.instrumentation.outcomes import Outcome
from bot.schedules.card import card
from bot.schedules.model import Occurrence, OccurrenceState, ScheduleRecord
from cards.views import Tone
from commands.timing.cron import Timetable
from tests.bot.people import OLU, Clock

NOW = Clock()()


def test_a_run_that_a_freeze_left_out_says_so():
    schedule = ScheduleRecord("594ec0d2", "0 19 * * *", "scale 0", "scale 0", OLU, (), "p", "c", "", NOW, NOW)
    known = Occurrence("594ec0d2", NOW, NOW, OccurrenceState.ENDED, outcome=Outcome.FROZEN.value)
    shown = card(schedule, known, Timetable(), NOW)
    assert (shown.title, shown.tone) == ("Ended: /jhub scale 0", Tone.WARNING)
    assert "left out" in shown.text
