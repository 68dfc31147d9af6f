"""`/jhub freeze`: refuse changes until a set time, or show the freeze that holds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final

from cards.times import minute, timed
from cards.views import Lines, Notice, Plan, Section, Tone, View, typing
from clients.errors import Unavailable
from commands.framework.ahead import bound, until
from commands.framework.argument_types import Reason
from commands.framework.command import Arg, Change, Flag, Level, Query, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.partial_results import attempt
from commands.framework.plan_digest import incidental
from commands.framework.registry import catalogue
from commands.framework.usage import line_of
from commands.freezes.scope import GOES_ON, REFUSED
from commands.freezes.words import facts, in_words
from commands.ports.context import Reads
from commands.ports.operations import Work, WorkState
from commands.ports.schedules import Schedule
from commands.timing.moments import FutureTime

EXAMPLE: Final = '/jhub freeze "exam week" --until "fri 18:00"'
_LONGEST: Final = timedelta(days=90)
_MOST_LISTED: Final = 5
_TO_LIFT: Final = ("off", "end", "stop", "lift", "over", "remove", "cancel")
_LIFT: Final = (typing("Lift the freeze", "/jhub unfreeze"),)


@dataclass(frozen=True)
class Args:
    """The reason, and the end; without a reason, it is asked what holds."""

    why: Annotated[Reason | None, Arg("why, in quotation marks; without it, the freeze is shown", '"exam week"')] = None
    until: Annotated[FutureTime | None, Flag("when it ends by itself", '"fri 18:00"', in_example=True)] = None


@dataclass(frozen=True)
class Freezing:
    """The plan: the reason and the end, which is a length from now or one moment. What it meets is only shown."""

    reason: str
    end: str
    until: datetime = field(metadata=incidental())
    zone: str = field(default="", metadata=incidental())
    before: str = field(default="", metadata=incidental())
    """The freeze that it replaces, in words."""
    waiting: int = field(default=0, metadata=incidental())
    running: tuple[str, ...] = field(default=(), metadata=incidental())
    left_out: tuple[str, ...] = field(default=(), metadata=incidental())


async def plan(args: Args, reads: Reads) -> Freezing:
    """Plan the freeze. Raise UserError without an end, or for one that is gone by or more than 90 days ahead."""
    if args.why is None or args.until is None:
        raise _without_end(args.why or "")
    example = line_of("freeze", (args.why, "--until", "7d"))
    end = until(args.until, reads.now, reads.schedules.timetable, _LONGEST, example)
    before, work, schedules = await asyncio.gather(
        reads.freezes.current(), reads.work.open(), attempt("The bot's store", reads.schedules.all())
    )
    return Freezing(
        args.why,
        bound(args.until, end),
        end,
        reads.schedules.timetable.zone,
        in_words(before) if before else "",
        sum(_is_held(one) for one in work if one.state in (WorkState.WAITING, WorkState.QUEUED)),
        tuple(one.title for one in work if one.state is WorkState.RUNNING and _is_held(one)),
        () if isinstance(schedules, Unavailable) else _left_out(schedules, end, reads),
    )


def _without_end(why: str) -> UserError:
    """Return the error for a reason alone, which may have been meant to lift the freeze."""
    if why.casefold() in _TO_LIFT:
        return UserError(
            f"“{why}” is read as the reason for a new freeze. This lifts the one that holds:", "/jhub unfreeze"
        )
    example = line_of("freeze", (why, "--until", "fri 18:00")) if why else EXAMPLE
    return UserError("Say until when changes are frozen: the freeze ends by itself then.", example)


def _is_held(work: Work) -> bool:
    return _holds(work.line)


def _holds(line: str) -> bool:
    """Return True if the freeze refuses this line; a line that is none any more is refused anyway."""
    try:
        parsed = parse(line, catalogue())
    except UserError:
        return True
    return parsed is None or not (isinstance(parsed.command, Query) or parsed.command.goes_on_in_freeze(parsed.args))


def _left_out(schedules: Sequence[Schedule], end: datetime, reads: Reads) -> tuple[str, ...]:
    shown = reads.schedules.timetable.shown
    return tuple(
        f"/jhub {one.line} ({shown(one.next)})"
        for one in schedules
        if one.next is not None and one.next < end and _holds(one.line)
    )


def preview(plan: Freezing) -> Plan:
    """Show what is refused meanwhile, and what it meets."""
    lines = (
        timed("It ends by itself at ", minute(plan.until), "; an admin can lift it before."),
        GOES_ON,
        f"{REFUSED} So are approved ones and runs of schedules.",
        "An admin can still declare an emergency, as far as the approval policy has it.",
        _counted(plan.waiting),
    )
    running = tuple(f"“{title}” is at work and goes on to its end." for title in plan.running[:_MOST_LISTED])
    replaced = (timed("It replaces the freeze that holds: ", plan.before),) if plan.before else ()
    return Plan(
        f"Freeze changes: {plan.reason}",
        "",
        (),
        (*filter(None, lines), *running),
        replaced,
        "Freeze changes now?",
        _sections(plan.left_out),
    )


def _counted(waiting: int) -> str:
    if not waiting:
        return ""
    return "1 change waits and will be refused." if waiting == 1 else f"{waiting} changes wait and will be refused."


def _sections(left_out: Sequence[str]) -> tuple[Section, ...]:
    more = len(left_out) - _MOST_LISTED
    shown = (*left_out[:_MOST_LISTED], *([f"and {more} more"] if more > 0 else []))
    return (Lines(shown, "The next runs that are left out"),) if shown else ()


async def apply(plan: Freezing, do: Steps) -> Notice:
    """Freeze changes."""
    done = await do.step("Freeze changes", do.writes.freezes.freeze, do.operation, plan.reason, plan.until)
    if not done:
        return Notice("The freeze was lifted already", plan.reason, Tone.NOTE)
    text = timed("They are refused until ", minute(plan.until), ". /jhub status shows it meanwhile.")
    return Notice(f"Changes are frozen: {plan.reason}", text, Tone.GOOD, (), _LIFT)


async def answer(args: Args, reads: Reads) -> View:
    """Show the freeze that holds, if one does. Raise UserError for an end without a reason."""
    if args.until is not None:
        raise UserError("Say why changes are frozen: whoever is refused reads it.", EXAMPLE)
    freeze = await reads.freezes.current()
    if freeze is None:
        return Notice("Changes are not frozen", f"An admin can freeze them: {EXAMPLE}")
    return Notice("Changes are frozen", "", Tone.WARNING, (facts(freeze), Lines((GOES_ON, REFUSED))), _LIFT)


COMMAND = Change(
    "freeze",
    "Refuse changes until a set time.",
    Level.ADMIN,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Freeze changes",
    exclusive=False,
    schedulable=False,
    in_emergencies=False,
    in_freeze=True,
    only_asks=lambda args: args.why is None,
    answer=answer,
    details="For exams, courses and holidays. It is checked again right before a change is carried out, so one that "
    "was approved before is refused as well. While the bot's records cannot be read, no change goes on. A time without "
    "a zone is in the bot's own.",
    topic=Topic.RELEASES,
    rank=20,
)
