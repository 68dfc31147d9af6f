"""`/jhub event check`: whether an event will work. Its schedule types this the day before, where it was added."""

from dataclasses import dataclass, field
from typing import Annotated

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Section, Tone, typing
from commands.events.arguments import EventName
from commands.events.found import LIST, event_of
from commands.events.outlook import Outlook, outlook
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.framework.usage import line_of
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent


@dataclass(frozen=True)
class Args:
    """The event."""

    name: Annotated[EventName, Arg("which event", '"Intro to Python"')]


@dataclass(frozen=True)
class Checking:
    """The plan: which event is looked at."""

    name: str
    when: str = field(metadata=incidental())


async def plan(args: Args, reads: Reads) -> Checking:
    """Plan to look at an event. Raise UserError for one that is not on record, or over."""
    event = await event_of(args.name, reads, "event check")
    timetable = reads.schedules.timetable
    if event.ends <= reads.now:
        raise UserError(
            f"“{event.name}” was over at {timetable.shown(event.ends)}.", line_of("event remove", (event.name,))
        )
    return Checking(event.name, timetable.span(event.starts, event.ends))


def preview(plan: Checking) -> Plan:
    """Show what is looked at."""
    facts = (Fact("When", plan.when),)
    return Plan(f"Check “{plan.name}”", "", (), ("Nothing is changed.",), (), "Check it now?", (Facts(facts),))


async def apply(plan: Checking, do: Steps) -> Notice | Failure:
    """Look at everything that the event depends on, and say whether it will work."""
    return await do.step("Look at everything", _looked, plan, do)


async def _looked(plan: Checking, do: Steps) -> Notice:
    events = await do.reads.events.all()
    event = await event_of(EventName(plan.name), do.reads, "event check")
    return verdict(event, plan.when, await outlook(event, events, do.reads))


def verdict(event: PlannedEvent, when: str, found: Outlook) -> Notice:
    """Return the card: what will be, why, and what to do. Pure."""
    facts = (Fact("When", when), Fact("Who", f"{event.people:,} people"), *found.facts)
    sections = (*_lines(found.bad, "In the way"), *_lines(found.unknown, "Not known"), Facts(facts))
    buttons = (typing("Show all events", LIST),)
    if found.bad:
        text = "It will not work as things are. What is in the way is below, with what helps."
        return Notice(f"“{event.name}” will not work yet", text, Tone.BAD, sections, buttons)
    if found.unknown:
        text = "Nothing is known to be in the way, but not all can be told."
        return Notice(f"“{event.name}” should work", text, Tone.WARNING, sections, buttons)
    return Notice(
        f"“{event.name}” will work", "All that it depends on is as it should be.", Tone.GOOD, sections, buttons
    )


def _lines(lines: tuple[str, ...], title: str) -> tuple[Section, ...]:
    return (Lines(lines, title),) if lines else ()


COMMAND = Change(
    "event check",
    "Say whether an event will work: nodes, quota, image, hub, certificate.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Check the event",
    consent=Consent.NONE,
    exclusive=False,
    in_emergencies=False,
    details="The bot does this by itself the day before, in the conversation where the event was added.",
    in_freeze=True,
    topic=Topic.NODES,
    rank=23,
)
