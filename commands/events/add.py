"""`/jhub event add`: have room for a class at its time. It is agreed on once, now; the rest runs as schedules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Notice, Tone, typing
from clients.azure.aks import Pool
from commands.events.arguments import EventName, People, ProfileTitle
from commands.events.costs import nodes_cost
from commands.events.demand import server_of
from commands.events.event_plan import EventPlan, impacts, preview
from commands.events.found import LIST, named, overlap, run_line
from commands.events.pool_hold import limit_of, lowest, own_size, raised
from commands.events.sizing import Estate, Need, estate_of, peak, servers_of
from commands.events.times import USUAL, check_times, instant
from commands.framework.command import Arg, Change, Consent, Flag, Level, Steps, Topic
from commands.framework.effects import Effect, Effects
from commands.framework.errors import UserError
from commands.framework.usage import line_of, quoted
from commands.nodes.arguments import PoolName
from commands.nodes.auto_provisioning import check_has_pools
from commands.nodes.pools import (
    PURPOSE,
    PoolSize,
    azure,
    is_for_users,
    nodes_in_words,
    over_limit_reason,
    pool_of,
)
from commands.nodes.quota import quota_room
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent, Run
from commands.timing.durations import spoken
from commands.timing.iso_moments import IsoMoment

DAY_BEFORE: Final = timedelta(days=1)
# Each has three schedules, and all are looked at every few seconds.
_MOST: Final = 15


@dataclass(frozen=True)
class Args:
    """The event: its name, its time, its people."""

    name: Annotated[EventName, Arg("what it is called, in quotation marks", '"Intro to Python"')]
    start: Annotated[IsoMoment, Arg("when it starts, as date and time", "2027-03-01T09:00")]
    people: Annotated[People, Flag("how many people start a server", "120")]
    until: Annotated[IsoMoment | None, Flag("when it ends; two hours later if not given", "2027-03-01T11:00")] = None
    profile: Annotated[ProfileTitle | None, Flag("the profile that they choose; else the default one", "Small")] = None
    pool: Annotated[PoolName | None, Flag("the pool of their servers; the users’ if not given", "users")] = None


async def plan(args: Args, reads: Reads) -> EventPlan:
    """Plan the event, counting nodes by what runs now. Raise UserError for one that there can be no room for."""
    starts, ends = _times(args, reads)
    check_has_pools(await azure(reads).cluster())
    others = await _others(args, reads)
    its = await server_of(args.profile or "", reads)
    estate = await estate_of(await _pool(args, its.selector, reads), reads)
    event = PlannedEvent(
        name=args.name,
        starts=starts,
        ends=ends,
        opens=max(starts - reads.events.lead, reads.now.replace(microsecond=0)),
        people=args.people.value,
        profile=its.profile if args.profile else "",
        pool=estate.pool.name,
        nodes=0,
    )
    beside = [one for one in others if one.pool == event.pool]
    need = peak(event, beside, await servers_of([*beside, event], reads), estate)
    return await _planned(event, beside, estate, need, reads)


def _line(args: Args, *, start: str = "", until: str = "", pool: str = "") -> str:
    """Return what was typed as a line, with these in place of what was; {} may stand for one of them."""
    flags = {
        "people": args.people,
        "until": until or args.until,
        "profile": args.profile and _kept(quoted(args.profile), "{}" in (start, until, pool)),
        "pool": pool or args.pool,
    }
    typed = [f"--{name} {value}" for name, value in flags.items() if value]
    return " ".join((line_of("event add", (args.name,)), start or args.start, *typed))


def _kept(text: str, is_filled_in: bool) -> str:
    """Return the text as it has to stand in a line that {} is still filled into."""
    return text.replace("{", "{{").replace("}", "}}") if is_filled_in else text


def _times(args: Args, reads: Reads) -> tuple[datetime, datetime]:
    timetable = reads.schedules.timetable
    starts = instant(args.start, timetable, _line(args, start="{}"))
    until = args.until and instant(args.until, timetable, _line(args, until="{}"))
    ends = until or starts + USUAL
    check_times(starts, ends, reads.now, timetable)
    return starts, ends


async def _others(args: Args, reads: Reads) -> list[PlannedEvent]:
    there = list(await reads.events.all())
    if same := named(args.name, there):
        timetable = reads.schedules.timetable
        raise UserError(
            f"There is an event “{same.name}” already, at {timetable.shown(same.starts)}. Give this one another name, "
            "or remove that one first.",
            line_of("event remove", (same.name,)),
        )
    if len(there) >= _MOST:
        raise UserError(f"There are already {len(there)} events, which is the limit.", LIST)
    return there


async def _pool(args: Args, selector: Mapping[str, str], reads: Reads) -> Pool:
    """Return the pool that the servers run on: the named one, or the users' one whose nodes the profile wants."""
    line = _line(args, pool="{}")
    if args.pool is not None:
        return _wanted_by(selector, await pool_of(reads, args.pool, line))
    users = [pool for pool in await azure(reads).pools() if is_for_users(pool)]
    found = [pool for pool in users if selector.items() <= _labels(pool).items()]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            "Several pools are for users: name one with --pool.", *(line.format(pool.name) for pool in found)
        )
    if users:
        raise UserError("No pool for users has the labels that the server wants: name one with --pool.", "/jhub nodes")
    raise UserError(f"No pool has the label {PURPOSE}=user: name one with --pool.", "/jhub nodes")


def _wanted_by(selector: Mapping[str, str], pool: Pool) -> Pool:
    """Return the pool. Raise UserError if the server asks for nodes that are none of its."""
    missing = [f"{name}={value}" for name, value in selector.items() if _labels(pool).get(name) != value]
    if missing:
        raise UserError(f"Such a server does not run on {pool.name}: it wants nodes with {', '.join(missing)}.")
    return pool


def _labels(pool: Pool) -> dict[str, str]:
    """Return the labels of the pool's nodes, with those that AKS adds."""
    added = dict.fromkeys(("agentpool", "kubernetes.azure.com/agentpool"), pool.name)
    return {**added, "node.kubernetes.io/instance-type": pool.size, "kubernetes.io/os": "linux", **pool.labels}


async def _planned(
    event: PlannedEvent, beside: Sequence[PlannedEvent], estate: Estate, need: Need, reads: Reads
) -> EventPlan:
    pool, timetable = estate.pool, reads.schedules.timetable
    own = own_size(pool)
    during = raised(own, need.nodes)
    checked = event.starts - DAY_BEFORE
    return EventPlan(
        name=event.name,
        starts=event.starts.isoformat(),
        ends=event.ends.isoformat(),
        people=event.people,
        profile=event.profile,
        pool=pool.name,
        opens=event.opens.isoformat(),
        checked=checked.isoformat() if reads.now < checked < event.opens else "",
        shown=(
            timetable.span(event.starts, event.ends),
            timetable.shown(event.opens),
            timetable.shown(checked),
        ),
        size=pool.size,
        before=own.text,
        during=during.text,
        now=pool.count,
        need=need,
        costs=nodes_cost(pool.size, lowest(during) - lowest(own), event.ends - event.opens, reads),
        beside=tuple(
            f"{one.name}: {one.people:,} people, {timetable.shown(one.starts)}{_holding(one)}"
            for one in beside
            if overlap(one, event)
        ),
        notices=tuple(_notices(event, pool, during, reads)),
        above=over_limit_reason(pool.name, pool.size, during.highest, limit_of(pool, reads), reads),
        room=await quota_room(reads, pool.size, need.nodes - pool.count, fixed=False),
    )


def _holding(event: PlannedEvent) -> str:
    return ", holds nodes already" if event.opened else ""


def _notices(event: PlannedEvent, pool: Pool, during: PoolSize, reads: Reads) -> Iterator[str]:
    own = own_size(pool)
    if not is_for_users(pool):
        yield f"{pool.name} does not have the label {PURPOSE}=user: servers may start on other nodes than these."
    if own.maximum is not None and during.maximum != own.maximum:
        yield (
            f"{nodes_in_words(during.maximum or 0).capitalize()} are more than the pool’s maximum of {own.maximum}: it "
            "is raised for that time."
        )
    if event.starts - reads.now < reads.events.lead:
        yield (
            f"It starts in {spoken(event.starts - reads.now)}: Azure takes minutes for nodes, and they take some for "
            "the image, so not all may be ready."
        )


async def apply(plan: EventPlan, do: Steps) -> Notice | Failure:
    """Store the event with its runs: the check, the opening, the end."""
    added = await do.step("Keep the event", do.writes.events.add, do.operation, _event(plan), _runs(plan))
    if not added:
        return Failure(
            f"There is an event “{plan.name}” already", "Somebody has added it in the meantime.", advice=(LIST,)
        )
    facts = (Fact("When", plan.shown[0]), Fact("Room is made", plan.shown[1]))
    check = (Fact("Checked", plan.shown[2]),) if plan.checked else ()
    return Notice(
        f"Added: “{plan.name}”",
        f"{nodes_in_words(plan.need.nodes).capitalize()} by what runs now; it is counted again before it starts.",
        Tone.GOOD,
        (Facts((*facts, *check)),),
        (typing("Show all events", LIST),),
    )


def _event(plan: EventPlan) -> PlannedEvent:
    starts, ends, opens = map(datetime.fromisoformat, (plan.starts, plan.ends, plan.opens))
    return PlannedEvent(plan.name, starts, ends, opens, plan.people, plan.profile, plan.pool, plan.need.nodes)


def _runs(plan: EventPlan) -> tuple[Run, ...]:
    times = (("event check", plan.checked), ("event start", plan.opens), ("event remove", plan.ends))
    return tuple(Run(datetime.fromisoformat(at), run_line(command, plan.name)) for command, at in times if at)


COMMAND = Change(
    "event add",
    "Have enough nodes ready when a class starts, and put all back afterwards.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=(Effect.COSTS_MORE,), of=impacts),
    button="Add the event",
    consent=Consent.CALLER,
    exclusive=False,
    schedulable=False,
    in_emergencies=False,
    details="Times without an offset from UTC are in the time zone of the schedules, which the card names. The nodes "
    "are counted by what a server asks for and by what runs, now and again when the event opens.",
    topic=Topic.NODES,
    rank=20,
)
