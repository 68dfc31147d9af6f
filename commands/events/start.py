"""`/jhub event start`: make room for an event now. Its schedule types this, some time before the event starts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Section, Tone
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from commands.events.arguments import EventName
from commands.events.costs import nodes_cost
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
from commands.events.pool_hold import lowest, own_size
from commands.events.trial import ServerTrial, try_server
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import Effect, Effects, Impact, of
from commands.framework.errors import UserError
from commands.framework.plan_digest import added_later, incidental
from commands.framework.usage import line_of
from commands.images.pull import Pulled
from commands.nodes.pools import azure, nodes_in_words, size_of
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent, Run

AGAIN: Final = timedelta(minutes=10)
# Within this time before the bot would do it, it costs next to nothing.
_MARGIN: Final = timedelta(minutes=15)


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
    early: bool = field(default=False, metadata=added_later())
    """True where its nodes are held long before the time from which they were agreed on."""
    opens: str = field(default="", metadata=incidental())
    ends: str = field(default="", metadata=incidental())
    costs: str = field(default="", metadata=incidental())
    """What the nodes cost until it would have opened; empty where it is not early."""


async def plan(args: Args, reads: Reads) -> Opening:
    """Plan the pool for the event. Raise UserError for one that is not on record, or over."""
    event = await event_of(args.name, reads, "event start")
    timetable = reads.schedules.timetable
    if event.ends <= reads.now:
        raise UserError(
            f"“{event.name}” was over at {timetable.shown(event.ends)}.", line_of("event remove", (event.name,))
        )
    early = _is_early(event, reads)
    if early:
        await _check_not_frozen(event, reads)
    before, during, more = await _settings(event, reads)
    return Opening(
        event.name,
        event.pool,
        event.profile,
        before,
        during,
        timetable.shown(event.starts),
        early=early and more != 0,
        opens=timetable.shown(event.opens),
        ends=timetable.shown(event.ends),
        costs=await _costs(event, more, reads) if early and more != 0 else "",
    )


def _is_early(event: PlannedEvent, reads: Reads) -> bool:
    """Return True if nodes would be held from long before it opens; what is open already was agreed on."""
    return event.opened is None and event.opens - reads.now > _MARGIN


async def _check_not_frozen(event: PlannedEvent, reads: Reads) -> None:
    """Raise UserError in a freeze: what goes on in one is what was agreed on, which is the opening at its time."""
    if await reads.freezes.current() is not None:
        at = reads.schedules.timetable.shown(event.opens)
        raise UserError(
            f"Changes are frozen. Room for “{event.name}” is made at {at} all the same; earlier, once the freeze is "
            "over.",
            LIST,
        )


async def _settings(event: PlannedEvent, reads: Reads) -> tuple[str, str, int | None]:
    """Return the pool's setting and that for the event, in words, and how many more nodes the pool keeps by that.

    What is not known now is seen to when it is done.
    """
    try:
        pool = await azure(reads).pool(event.pool)
        others = beside(event.name, pool.name, await reads.events.all())
        target = await target_of(pool, [*others, event], reads)
    except (Unavailable, NotFound):
        return "not known", "as many nodes as it takes", None
    more = max(0, lowest(target.size) - lowest(own_size(pool)))
    return size_of(pool).text, gently(pool, target.size).text, more


async def _costs(event: PlannedEvent, more: int | None, reads: Reads) -> str:
    """Return what the nodes cost from now until it would have opened, in words."""
    try:
        size = (await azure(reads).pool(event.pool)).size
    except (Unavailable, NotFound):
        return "not known"
    return "not known" if more is None else nodes_cost(size, more, event.opens - reads.now, reads)


def impacts(plan: Opening) -> tuple[Impact, ...]:
    """Return what people have to approve: nodes from before the time that was agreed on."""
    if not plan.early:
        return ()
    return of(
        Effect.COSTS_MORE, f"{plan.pool} would keep the nodes from now on; they were agreed on from {plan.opens}."
    )


def preview(plan: Opening) -> Plan:
    """Show what the pool is set to."""
    early = (Fact("Would open", plan.opens), Fact("Starting now costs", plan.costs)) if plan.early else ()
    facts = (Fact("Starts", plan.starts), *early, Fact("Pool", f"{plan.pool}: {plan.before}"))
    return Plan(
        f"Make room for “{plan.name}”", "", (), tuple(_consequences(plan)), (), "Make room now?", (Facts(facts),)
    )


def _consequences(plan: Opening) -> Iterator[str]:
    until = f" at {plan.ends}" if plan.ends else ""
    if plan.before == plan.during:
        yield f"{plan.pool} is set to “{plan.during}” already; it goes back once the event is over{until}."
    else:
        yield f"{plan.pool} is set to “{plan.during}” now, and back once the event is over{until}."
    yield "Then its nodes pull the image of the event’s servers."
    if plan.early:
        yield "To call it off before that, remove the event."


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
    if there.opened is None and at < there.opens:
        # That its nodes are held so early takes people who agree: it is opened at its own time.
        return do.reads.schedules.timetable.shown(there.opens)
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
    effects=Effects(may=(Effect.COSTS_MORE,), of=impacts),
    button="Make room",
    consent=Consent.CALLER,
    details="The bot does this by itself before the event starts, and again after a while where it fails. It gives the "
    "pool no more nodes than were agreed on when the event was added. Long before that it takes an approval, since the "
    "nodes cost money from then on, and it waits for the end of a freeze.",
    in_freeze=True,
    topic=Topic.NODES,
    rank=22,
)
