"""Have a change run again and again. What the change would ask for each time is asked once, now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Tone, typing
from commands.cron import Cron
from commands.digest import incidental
from commands.durations import spoken
from commands.errors import UserError
from commands.reads import Reads
from commands.scheduling import change_of, named, times
from commands.spec import AnyChange, Arg, Change, Command, Level, Steps
from commands.values import CommandLine

# Each is looked at every few seconds, by every replica.
_MOST: Final = 50


@dataclass(frozen=True)
class Args:
    """When, and what."""

    cron: Annotated[Cron, Arg("when, as five fields of cron in quotation marks", '"0 19 * * 1-5"')]
    command: Annotated[CommandLine, Arg("what to run, with all that belongs to it", "scale 0")]


@dataclass(frozen=True)
class Scheduling:
    """The plan: consent is bound to the two lines and the time zone."""

    cron: str
    line: str
    zone: str
    notice: str = field(metadata=incidental())
    times: tuple[str, ...] = field(metadata=incidental())
    holidays: bool = field(default=False, metadata=incidental())


async def plan(args: Args, reads: Reads) -> Scheduling:
    """When it would run. Raises UserError where it is scheduled already. The change itself is not planned."""
    there = await reads.schedules.all()
    same = next((one for one in there if (one.cron, one.line) == (args.cron, args.command)), None)
    if same is not None:
        raise UserError(f"That is scheduled already: {same.id}, {named(same)}.", f"/jhub schedule remove {same.id}")
    if len(there) >= _MOST:
        raise UserError(f"There are {len(there)} schedules: no more are kept.", "/jhub schedule list")
    timetable = reads.schedules.timetable
    return Scheduling(
        cron=args.cron,
        line=args.command,
        zone=timetable.zone,
        notice=spoken(timetable.notice),
        times=tuple(timetable.shown(one) for one in times(args.cron, timetable, reads.now)),
        holidays=bool(timetable.holidays),
    )


def ruled_by(args: Args, catalogue: Sequence[Command]) -> AnyChange:
    """The change that would be run: all that it asks for, this asks for."""
    return change_of(args.command, catalogue)


def preview(plan: Scheduling) -> Plan:
    """What people see before they agree."""
    holidays = "Not on the holidays of the bot’s configuration." if plan.holidays else ""
    lines = (
        f"Each time is announced here {plan.notice} before: whoever may do it can postpone or skip it.",
        "It is planned anew each time, and then goes on without asking. Nothing is planned now.",
        "It runs in your name, and stops when you, or who approves, may no longer do this.",
        holidays,
    )
    facts = (Fact("Runs", f"/jhub {plan.line}"), Fact("When", f"{plan.cron} ({plan.zone})"))
    return Plan(
        f"Schedule “/jhub {plan.line}” at “{plan.cron}”",
        "",
        (),
        tuple(filter(None, lines)),
        (),
        "Have it run from now on?",
        (Facts(facts), Lines(plan.times or ("only holidays are near",), "Next times")),
    )


async def apply(plan: Scheduling, do: Steps) -> Notice | Failure:
    """Keep it."""
    schedule = await do.step("Keep the schedule", do.writes.schedules.add, do.operation, plan.cron, plan.line)
    first = plan.times[0] if plan.times else "after the holidays"
    return Notice(
        f"Scheduled: /jhub {plan.line}",
        f"First time: {first}. It is announced here {plan.notice} before.",
        Tone.GOOD,
        (Facts((Fact("Schedule", schedule), Fact("When", f"{plan.cron} ({plan.zone})"))),),
        (typing("All schedules", "/jhub schedule list"),),
    )


COMMAND = Change(
    "schedule add",
    "Have a change run by itself, again and again.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    exclusive=False,
    schedulable=False,
    in_emergencies=False,
    ruled_by=ruled_by,
    details=(
        "Asks for what the command itself would ask for, once. The five fields are minute, hour, day of the month, "
        "month and weekday, in the time zone that the card shows; at most every 15 minutes."
    ),
)
