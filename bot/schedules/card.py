"""The card of one occurrence of a schedule: announced, postponed, skipped, begun, ended, missed."""

from datetime import datetime, timedelta
from typing import Final

from bot.instrumentation.outcomes import Outcome
from bot.schedules.model import Occurrence, OccurrenceState, ScheduleRecord, ScheduleState
from bot.store.timestamps import written
from cards.views import Button, ButtonStyle, Fact, Facts, Notice, Tone
from commands.timing.cron import Timetable
from commands.timing.durations import spoken

POSTPONE, SKIP = "postpone", "skip"
# Later than this is worth a word.
_LATE: Final = timedelta(minutes=2)
# More are not counted.
MOST_MISSED: Final = 50


def card(schedule: ScheduleRecord, known: Occurrence, timetable: Timetable, now: datetime) -> Notice:
    """Return the card as it stands now, made from the record alone."""
    title, text, tone = _words(schedule, known, timetable, now)
    facts = [Fact("Schedule", schedule.id), Fact("When", timetable.when(schedule.cron))]
    if known.at != known.due:
        facts.append(Fact("Originally due", timetable.shown(known.due)))
    buttons = _buttons(known) if known.state is OccurrenceState.ANNOUNCED and known.at > now else ()
    return Notice(title, text, tone, (Facts(tuple(facts)),), buttons)


def _words(schedule: ScheduleRecord, known: Occurrence, timetable: Timetable, now: datetime) -> tuple[str, str, Tone]:
    if known.state.is_over:
        return _last_words(schedule, known, timetable)
    line, at = f"/jhub {schedule.line}", timetable.hour(known.at)
    if known.state is OccurrenceState.ANNOUNCED:
        return f"At {at}: {line}", _announcement(schedule, known), Tone.NOTE
    late = (
        f" It starts {spoken(now - known.at)} late: the bot was not running in time." if now - known.at > _LATE else ""
    )
    return f"{at}: {line}", f"It is running now for {schedule.creator.name}. Its own card is below.{late}", Tone.WORKING


def _last_words(schedule: ScheduleRecord, known: Occurrence, timetable: Timetable) -> tuple[str, str, Tone]:
    line, at = f"/jhub {schedule.line}", timetable.hour(known.at)
    match known.state:
        case OccurrenceState.SKIPPED:
            return f"Skipped: {line}", f"{known.decider} skipped the run at {at}.", Tone.NOTE
        case OccurrenceState.HOLIDAY:
            day = f"{timetable.day(known.due):%A, %d %B %Y}"
            return f"Not today: {line}", f"{day} is a holiday in the bot’s configuration.", Tone.NOTE
        case OccurrenceState.MISSED:
            return f"Missed: {line}", _missed(known, timetable), Tone.WARNING
        case OccurrenceState.DROPPED:
            return f"Will not run at {at}: {line}", f"{_left(schedule)}.", Tone.NOTE
    return f"Ended: {line}", _end(schedule, known), Tone.NOTE if known.outcome == "done" else Tone.WARNING


def _announcement(schedule: ScheduleRecord, known: Occurrence) -> str:
    later = f"{known.decider} postponed it. " if known.decider else ""
    approved = ", ".join(one.name for one in schedule.approvers)
    by = f"asked for by {schedule.creator.name}" + (f", approved by {approved}" if approved else "")
    return (
        f"{later}It runs automatically, {by}, and is planned at that time. "
        "Anybody who may do this can postpone or skip it."
    )


def _missed(known: Occurrence, timetable: Timetable) -> str:
    others = f" The {known.others} runs before it were missed too." if known.others > 1 else ""
    others = " The run before it was missed too." if known.others == 1 else others
    others = f" At least {MOST_MISSED} runs before it were missed too." if known.others >= MOST_MISSED else others
    return f"The bot was not running at {timetable.shown(known.at)}, and it is too late to run it now.{others}"


def _left(schedule: ScheduleRecord) -> str:
    return schedule.why if schedule.state is ScheduleState.REMOVED else f"The schedule is suspended: {schedule.why}"


def _end(schedule: ScheduleRecord, known: Occurrence) -> str:
    if schedule.state is ScheduleState.STILL:
        return (
            f"It ended: {known.outcome}. The schedule is suspended: {schedule.why}. Anybody who may do this can add it "
            f"again after “/jhub schedule remove {schedule.id}”."
        )
    if known.outcome == Outcome.FROZEN.value:
        return "Changes are frozen, so this run was left out. See its own card."
    return f"It ended: {known.outcome}. See its own card."


def _buttons(known: Occurrence) -> tuple[Button, ...]:
    data = (("schedule", known.schedule), ("due", written(known.due)), ("at", written(known.at)))
    return (
        Button("Postpone 1 h", POSTPONE, data),
        Button("Skip this run", SKIP, data, ButtonStyle.DESTRUCTIVE),
    )
