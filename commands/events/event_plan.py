"""The plan of an event as it is agreed on, and its preview."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cards.views import Fact, Facts, Lines, Plan
from commands.events.sizing import Need
from commands.framework.effects import Effect, Impact, of
from commands.framework.plan_digest import incidental
from commands.nodes.pools import nodes_in_words
from commands.nodes.quota import QuotaRoom, quota_fact


@dataclass(frozen=True)
class EventPlan:
    """The plan: consent is bound to the event, and to nodes beyond what one person may give the pool.

    Times are in ISO 8601; `opens` is when the bot begins, `checked` when it says whether it will work, empty where that
    is now. `before` is the pool's own setting and `during` that for the event, in words. `shown` has the times in
    words: start and end, opening, check.
    """

    name: str
    starts: str
    ends: str
    people: int
    profile: str
    pool: str
    opens: str = field(metadata=incidental())
    checked: str = field(metadata=incidental())
    shown: tuple[str, str, str] = field(metadata=incidental())
    size: str = field(metadata=incidental())
    before: str = field(metadata=incidental())
    during: str = field(metadata=incidental())
    now: int = field(metadata=incidental())
    need: Need = field(metadata=incidental())
    costs: str = field(metadata=incidental())
    beside: tuple[str, ...] = field(default=(), metadata=incidental())
    notices: tuple[str, ...] = field(default=(), metadata=incidental())
    above: str = ""
    room: QuotaRoom = field(default_factory=QuotaRoom, metadata=incidental())


def impacts(plan: EventPlan) -> tuple[Impact, ...]:
    """Return what people have to approve: nodes beyond the limit."""
    return of(Effect.COSTS_MORE, plan.above) if plan.above else ()


def preview(plan: EventPlan) -> Plan:
    """Show when, for how many, what it takes, and what it costs."""
    profile = f", with the profile {plan.profile}" if plan.profile else ""
    facts = (
        Fact("When", plan.shown[0]),
        Fact("Who", f"{_people(plan.people)}{profile}"),
        Fact("Needs", f"{nodes_in_words(plan.need.nodes)} of {plan.size}, by what runs now"),
        *_each(plan.need),
        Fact("Pool", f"{plan.pool}: {plan.before}, {nodes_in_words(plan.now)} now"),
        *quota_fact(plan.room),
        Fact("Costs", plan.costs),
    )
    beside = (Lines(plan.beside, "At the same time"),) if plan.beside else ()
    return Plan(
        f"Have room for “{plan.name}”",
        "",
        (),
        tuple(_consequences(plan)),
        (*plan.notices, *plan.need.doubts, *filter(None, [plan.room.warning])),
        "Add this event?",
        (Facts(facts), *beside),
    )


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _each(need: Need) -> tuple[Fact, ...]:
    servers = "1 server" if need.per_node == 1 else f"{need.per_node:,} servers"
    return (Fact("Per node", f"{servers}, limited by {need.scarce}"),)


def _consequences(plan: EventPlan) -> Iterator[str]:
    if plan.checked:
        yield f"{plan.shown[2]}: the bot says here whether it will work, and why."
    yield f"{plan.shown[1]}: the pool is set to “{plan.during}”, its nodes pull the image, and a server is tried."
    yield f"Once it is over, the pool is set back to “{plan.before}”. No server is stopped for that."
    yield "Each of these is announced here before, and whoever may do this can postpone or skip it."
