"""`/jhub event remove`: end an event, or call it off. Its schedule types this when the event is over."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Tone
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from commands.events.arguments import EventName
from commands.events.closing import End, PutBack, put_back
from commands.events.found import event_of, run_line
from commands.events.opening import wait_for_pool
from commands.events.pool_hold import hold_of, is_ours
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.plan_digest import incidental
from commands.framework.usage import line_of
from commands.nodes.pools import azure, size_of
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent, Run
from commands.timing.durations import spoken

AGAIN: Final = timedelta(minutes=30)
_WORDS: Final = {
    End.RESTORED: "{pool} is set to what it was: {text}. Nodes without servers go by themselves.",
    End.SHARED: "{pool} keeps the nodes that other events need: {text}.",
    End.THEIRS: "Somebody has set {pool} in the meantime, and that stays: {text}.",
    End.UNTOUCHED: "{pool} is not held for it, so nothing was put back: {text}.",
    End.GONE: "The pool {pool} no longer exists, so nothing was put back.",
}

# The event is what the later runs go by.
_STAYS: Final = Fact("Event", "over; taken off the list once the pool is set back")


@dataclass(frozen=True)
class Args:
    """The event."""

    name: Annotated[EventName, Arg("which event", '"Intro to Python"')]


@dataclass(frozen=True)
class Closing:
    """The plan: exactly one event and its pool."""

    name: str
    pool: str
    when: str = field(metadata=incidental())
    before: str = field(metadata=incidental())
    back: str | None = field(default="", metadata=incidental())
    """What the pool was set to before it was held: empty where it is not held, None where that is not known."""
    theirs: bool = field(default=False, metadata=incidental())
    """True where somebody has set the pool since it was held."""


async def plan(args: Args, reads: Reads) -> Closing:
    """Plan the end of the event. Raise UserError for one that is not on record."""
    event = await event_of(args.name, reads, "event remove")
    timetable = reads.schedules.timetable
    when = timetable.span(event.starts, event.ends)
    before, back, theirs = await _settings(event, reads)
    return Closing(event.name, event.pool, when, before, back, theirs)


async def _settings(event: PlannedEvent, reads: Reads) -> tuple[str, str | None, bool]:
    """Return the pool's setting in words, `back` and `theirs` of the plan."""
    try:
        pool = await azure(reads).pool(event.pool)
    except NotFound:
        return "no longer there", "", False
    except Unavailable:
        return "not known", None, False
    hold = None if event.opened is None else hold_of(pool)
    if hold is None:
        return size_of(pool).text, "", False
    return size_of(pool).text, hold.before.text, not is_ours(pool)


def preview(plan: Closing) -> Plan:
    """Show what becomes of the pool."""
    facts = (Fact("When", plan.when), Fact("Pool", f"{plan.pool}: {plan.before}"))
    lines = (_back(plan), "What was to run for the event is cancelled.")
    return Plan(f"Remove the event “{plan.name}”", "", (), lines, (), "Remove it?", (Facts(facts),))


def _back(plan: Closing) -> str:
    if plan.back == "":
        return f"{plan.pool} is not held for it: its setting stays."
    if plan.theirs:
        return f"Somebody has set {plan.pool} since it was held, and that stays: {plan.before}."
    own = f"“{plan.back}”" if plan.back else "what it was"
    return f"{plan.pool} goes back to {own}, or to what other events need that are on now. No server is stopped."


async def apply(plan: Closing, do: Steps) -> Notice | Failure:
    """Put the pool back, then forget the event; try again later where that does not work now."""
    try:
        made = await do.step("Put the pool back", put_back, plan.name, plan.pool, do)
        if made.token:
            await do.step("Wait for Azure", wait_for_pool, plan.pool, made.token, do)
    except (Rejected, Conflict, Unavailable) as error:
        return await _later(plan, str(error), (), do)
    if made.end == End.HELD.value:
        return await _later(plan, _held(plan, made), made.people, do)
    if made.end == End.SHRINKING.value:
        return await _shrinking(plan, made, do)
    await do.step("Forget the event", _forget, plan.name, do)
    text = _WORDS[End(made.end)].format(pool=plan.pool, text=made.text)
    tone = Tone.WARNING if End(made.end) in (End.THEIRS, End.GONE) else Tone.GOOD
    return Notice(f"The event “{plan.name}” has ended", text, tone, (Facts((Fact("Was", plan.when),)),))


def _held(plan: Closing, made: PutBack) -> str:
    count = len(set(made.people))
    servers = "1 person still has a server" if count == 1 else f"{count} people still have servers"
    return (
        f"{servers} on {plan.pool}. It has no autoscaler, so that Azure could take the nodes that these run on: they "
        "stay until the servers have ended."
    )


async def _later(plan: Closing, why: str, people: tuple[str, ...], do: Steps) -> Failure:
    """Keep the event, and have this run again."""
    at = await do.step("Try again later", _again, plan.name, do)
    sections = (Lines(tuple(dict.fromkeys(people)), "Whose servers"),) if people else ()
    return Failure(
        f"The pool {plan.pool} is not set back yet after “{plan.name}”",
        why,
        (Fact("Pool", f"{plan.pool}: {plan.before}"), Fact("Tried again", at), _STAYS),
        (f"{line_of('event remove', (plan.name,))} tries it at once.",),
        sections=sections,
    )


async def _shrinking(plan: Closing, made: PutBack, do: Steps) -> Notice:
    """Say that nodes go by themselves first, and have the rest done later."""
    at = await do.step("Try again later", _again, plan.name, do)
    own = f"“{plan.back}”" if plan.back else "what it was"
    facts = (
        Fact("Pool", f"{plan.pool}: {made.text}"),
        Fact("Set back", f"to {own} at {at}, or every {spoken(AGAIN)} from then on until enough nodes have gone"),
        _STAYS,
    )
    return Notice(
        f"The pool {plan.pool} becomes smaller by itself after “{plan.name}”",
        "It has more nodes than its own maximum, and Azure would take some that people work on. So its maximum stays "
        "until those without servers have gone.",
        Tone.NOTE,
        (Facts(facts),),
    )


async def _forget(name: str, do: Steps) -> bool:
    return await do.writes.events.remove(name, do.caller.object_id, do.caller.name)


async def _again(name: str, do: Steps) -> str:
    """Have the event removed later. Return when, in words."""
    at = do.now() + AGAIN
    await do.writes.events.run_later(do.operation, name, Run(at, run_line("event remove", name)))
    return do.reads.schedules.timetable.shown(at)


COMMAND = Change(
    "event remove",
    "End an event or call it off, and put its pool back.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Remove the event",
    consent=Consent.CALLER,
    details="The bot does this by itself when the event is over. The pool goes back to exactly what it was; what "
    f"somebody else has set meanwhile stays. Where that does not work, it is tried again after {spoken(AGAIN)}.",
    in_freeze=True,
    topic=Topic.NODES,
    rank=24,
)
