"""`/jhub event start`: make room for an event now. Its schedule types this, some time before the event starts."""

from dataclasses import dataclass, field
from typing import Annotated

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Section, Tone
from clients.errors import Conflict, Rejected
from commands.events.arguments import EventName
from commands.events.found import LIST, event_of
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
    pool = await azure(reads).pool(event.pool)
    target = await target_of(pool, [*beside(event.name, pool.name, await reads.events.all()), event], reads)
    during = gently(pool, target.size)
    return Opening(event.name, pool.name, event.profile, size_of(pool).text, during.text, timetable.shown(event.starts))


def preview(plan: Opening) -> Plan:
    """Show what the pool is set to."""
    lines = (
        f"{plan.pool} is set to “{plan.during}” now, and back once the event is over.",
        "Then its nodes pull the image of the event’s servers.",
    )
    facts = (Fact("Starts", plan.starts), Fact("Pool", f"{plan.pool}: {plan.before}"))
    return Plan(f"Make room for “{plan.name}”", "", (), lines, (), "Make room now?", (Facts(facts),))


async def apply(plan: Opening, do: Steps) -> Notice | Failure:
    """Raise the pool, wait for its nodes, have them pull the image, and try a server."""
    try:
        made = await do.step("Raise the pool", make_room, plan.name, do)
        await do.step("Wait for Azure", wait_for_pool, plan.pool, made.token, do)
    except (Rejected, Conflict) as error:
        return await _refused(plan, error, do)
    ready = await do.step("Wait for the nodes", wait_for_nodes, plan.pool, made.least, do)
    pulled = await do.step("Pull the image", pull_image, plan.profile, plan.pool, do)
    trial = await try_server(plan.profile, do)
    return conclude(plan, made, ready, pulled, trial)


async def _refused(plan: Opening, error: Rejected | Conflict, do: Steps) -> Failure:
    pool = await azure(do.reads).pool(plan.pool)
    return Failure(
        f"There is no room yet for “{plan.name}”",
        str(error),
        (Fact("Starts", plan.starts), Fact("Pool", f"{pool.name}: {size_of(pool).text}, {nodes_in_words(pool.count)}")),
        (f"{line_of('event start', (plan.name,))} tries again; that is safe.",),
    )


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
    return (Fact("Trial", trial.words, Tone.BAD if trial.failed else Tone.GOOD),) if trial.words else ()


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
    details="The bot does this by itself before the event starts. It gives the pool no more nodes than were agreed on "
    "when the event was added.",
    in_freeze=True,
    topic=Topic.NODES,
    rank=22,
)
