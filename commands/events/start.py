"""`/jhub event start`: make room for an event now. Its schedule types this, some time before the event starts."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Section, Tone
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from commands.events.arguments import EventName
from commands.events.found import LIST, event_of, named, run_line
from commands.events.opening import (
    RaisedPool,
    beside,
    gently,
    make_room,
    pull_image,
    target_of,
    wait_for_nodes,
    wait_for_pool,
)
from commands.events.trial import ServerTrial, try_server
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.framework.usage import line_of
from commands.images.pull import Pulled
from commands.nodes.pools import azure, nodes_in_words, size_of
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent, Run

AGAIN: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Args:
    """The event."""

    name: Annotated[EventName, Arg("which event", '"Intro to Python"')]


@dataclass(frozen=True)
class Opening:
    """The plan: consent is bound to the event, whose nodes were agreed on when it was added."""

    name: str
    pool: str
    profile: str
    before: str = field(metadata=incidental())
    during: str = field(metadata=incidental())
    starts: str = field(metadata=incidental())


async def plan(args: Args, reads: Reads) -> Opening:
    """Plan the pool for the event. Raise UserError for one that is not on record, or over."""
    event = await event_of(args.name, reads, "event start")
    timetable = reads.schedules.timetable
    if event.ends <= reads.now:
        raise UserError(
            f"“{event.name}” was over at {timetable.shown(event.ends)}.", line_of("event remove", (event.name,))
        )
    before, during = await _settings(event, reads)
    return Opening(event.name, event.pool, event.profile, before, during, timetable.shown(event.starts))


async def _settings(event: PlannedEvent, reads: Reads) -> tuple[str, str]:
    """Return the pool's setting and that for the event, in words: what is not known now is seen to when it is done."""
    try:
        pool = await azure(reads).pool(event.pool)
        others = beside(event.name, pool.name, await reads.events.all())
        target = await target_of(pool, [*others, event], reads)
    except (Unavailable, NotFound):
        return "not known", "as many nodes as it takes"
    return size_of(pool).text, gently(pool, target.size).text


def preview(plan: Opening) -> Plan:
    """Show what the pool is set to."""
    lines = (
        f"{plan.pool} is set to “{plan.during}” now, and back once the event is over.",
        "Then its nodes pull the image of the event’s servers.",
    )
    facts = (Fact("Starts", plan.starts), Fact("Pool", f"{plan.pool}: {plan.before}"))
    return Plan(f"Make room for “{plan.name}”", "", (), lines, (), "Make room now?", (Facts(facts),))


async def apply(plan: Opening, do: Steps) -> Notice | Failure:
    """Raise the pool, wait for its nodes, have them pull the image, and try a server; what fails is tried again."""
    try:
        made = await do.step("Raise the pool", make_room, plan.name, do)
        await do.step("Wait for Azure", wait_for_pool, plan.pool, made.token, do)
        ready = await do.step("Wait for the nodes", wait_for_nodes, plan.pool, made.least, do)
    except (Rejected, Conflict, Unavailable, NotFound) as error:
        return await _refused(plan, str(error), do)
    pulled = await do.step("Pull the image", pull_image, plan.profile, plan.pool, do)
    trial = await try_server(plan.profile, do)
    return conclude(plan, made, ready, pulled, trial)


async def _refused(plan: Opening, why: str, do: Steps) -> Failure:
    at = await do.step("Try again later", _again, plan.name, do)
    again = (Fact("Tried again", at),) if at else ()
    return Failure(
        f"There is no room yet for “{plan.name}”",
        why,
        (Fact("Starts", plan.starts), Fact("Pool", f"{plan.pool}: {plan.before}"), *again),
        (f"{line_of('event start', (plan.name,))} tries again at once; that is safe.",),
    )


async def _again(name: str, do: Steps) -> str:
    """Have room made later, if the event is not over by then. Return when, in words; empty where it is not."""
    at, there = do.now() + AGAIN, named(name, await do.reads.events.all())
    if there is None or at >= there.ends:
        return ""
    await do.writes.events.run_later(do.operation, name, Run(at, run_line("event start", name)))
    return do.reads.schedules.timetable.shown(at)


def conclude(plan: Opening, made: RaisedPool, ready: int, pulled: Pulled, trial: ServerTrial) -> Notice | Failure:
    """Return the card: what is ready, and what is not. Pure."""
    facts = (
        Fact("Starts", plan.starts),
        Fact("Pool", f"{plan.pool}: {made.text}"),
        Fact("Nodes", f"{ready} ready", Tone.GOOD if ready >= made.least else Tone.BAD),
        _image(pulled),
        *_trial(trial),
    )
    wrong = tuple(_wrong(made, ready, pulled, trial))
    again = f"{line_of('event start', (plan.name,))} goes on where it stopped; that is safe."
    if wrong:
        return Failure(
            f"Not all is ready for “{plan.name}”", " ".join(wrong), facts, (again, LIST), sections=_lacking(pulled)
        )
    return Notice(f"There is room for “{plan.name}”", "", Tone.GOOD, (Facts(facts),))


def _image(pulled: Pulled) -> Fact:
    have = f"on {nodes_in_words(len(pulled.have))}"
    return Fact("Image", have, Tone.GOOD) if pulled.done else Fact("Image", f"{have}; not on all", Tone.WARNING)


def _trial(trial: ServerTrial) -> tuple[Fact, ...]:
    return (Fact("Test", trial.words, trial.tone),) if trial.words else ()


def _wrong(made: RaisedPool, ready: int, pulled: Pulled, trial: ServerTrial) -> list[str]:
    lines = []
    if ready < made.least:
        lines.append(f"{nodes_in_words(ready).capitalize()} of {made.least} are ready after half an hour.")
    if made.short:
        lines.append(made.short)
    if not pulled.done:
        lines.append(f"{pulled.problem or 'Not every node has the image.'} Servers there start once it is pulled.")
    return [*lines, trial.words] if trial.failed else lines


def _lacking(pulled: Pulled) -> tuple[Section, ...]:
    return (Lines(pulled.lack, "Without the image"),) if pulled.lack else ()


COMMAND = Change(
    "event start",
    "Make room for an event now.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Make room",
    consent=Consent.CALLER,
    details="The bot does this by itself before the event starts, and again after a while where it fails. It gives the "
    "pool no more nodes than were agreed on when the event was added.",
    in_freeze=True,
    topic=Topic.NODES,
    rank=22,
)
