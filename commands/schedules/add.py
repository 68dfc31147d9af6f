"""Adding of a schedule, which runs a change again and again. It takes the change's own agreement once, now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Tone, typing
from commands.framework.argument_types import CommandLine
from commands.framework.command import AnyChange, Arg, Change, Command, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads
from commands.schedules.rules import change_of, named, times
from commands.timing.cron import Cron
from commands.timing.durations import spoken

# Each is looked at every few seconds, by every replica.
_MOST: Final = 50


@dataclass(frozen=True)
class Args:
    """The times and the command."""

    cron: Annotated[Cron, Arg("when, as the five fields of a cron line in quotation marks", '"0 19 * * 1-5"')]
    command: Annotated[CommandLine, Arg("the command to run, with its arguments", "scale 0")]


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
    """Return the schedule and its next times. Raise UserError where it exists already.

    The change itself is not planned.
    """
    there = await reads.schedules.all()
    same = next((one for one in there if (one.cron, one.line) == (args.cron, args.command)), None)
    if same is not None:
        raise UserError(f"That is already scheduled: {same.id}, {named(same)}.", f"/jhub schedule remove {same.id}")
    if len(there) >= _MOST:
        raise UserError(f"There are already {len(there)} schedules, which is the limit.", "/jhub schedule list")
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
    """Return the change that would be run, whose rules apply to the schedule. Raise UserError."""
    return change_of(args.command, catalogue)


def preview(plan: Scheduling) -> Plan:
    """Show the schedule and its next times."""
    holidays = "It is skipped on the holidays in the bot’s configuration." if plan.holidays else ""
    lines = (
        f"Each run is announced here {plan.notice} before; whoever may run the command can postpone or skip it.",
        "Each run is planned afresh. It asks only if what it would do then needs an approval; otherwise it goes ahead.",
        "It runs in your name, and stops running if you or its approvers may no longer do this.",
        holidays,
    )
    facts = (Fact("Runs", f"/jhub {plan.line}"), Fact("When", f"{plan.cron} ({plan.zone})"))
    return Plan(
        f"Schedule “/jhub {plan.line}” at “{plan.cron}”",
        "",
        (),
        tuple(filter(None, lines)),
        (),
        "Add this schedule?",
        (Facts(facts), Lines(plan.times or ("only holidays in sight",), "Next times")),
    )


async def apply(plan: Scheduling, do: Steps) -> Notice | Failure:
    """Store the schedule."""
    schedule = await do.step("Keep the schedule", do.writes.schedules.add, do.operation, plan.cron, plan.line)
    first = plan.times[0] if plan.times else "after the holidays"
    return Notice(
        f"Scheduled: /jhub {plan.line}",
        f"The first run: {first}. It is announced here {plan.notice} before.",
        Tone.GOOD,
        (Facts((Fact("Schedule", schedule), Fact("When", f"{plan.cron} ({plan.zone})"))),),
        (typing("Show all schedules", "/jhub schedule list"),),
    )


COMMAND = Change(
    "schedule add",
    "Schedule a change to run automatically at set times.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Add the schedule",
    exclusive=False,
    schedulable=False,
    in_emergencies=False,
    ruled_by=ruled_by,
    details=(
        "Needs the same agreement as the command itself, once. The five fields are minute, hour, day of the month, "
        "month and weekday, in the time zone that the card shows; at most every 15 minutes."
    ),
    in_freeze=True,
    topic=Topic.BOT,
    rank=7,
)
