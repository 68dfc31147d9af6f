"""Have alerts told where this is typed."""

from dataclasses import dataclass
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.errors import UserError
from commands.reads import Reads
from commands.spec import Change, Consent, Flag, Level, Steps
from commands.values import SeverityName, WatcherNames


@dataclass(frozen=True)
class Args:
    """Which alerts."""

    min: Annotated[SeverityName | None, Flag("the least severity: note, warning, critical", "warning")] = None
    only: Annotated[WatcherNames | None, Flag("only of what is named", "cert,nodes")] = None


@dataclass(frozen=True)
class Wish:
    """The plan."""

    minimum: str
    only: tuple[str, ...]


async def plan(args: Args, reads: Reads) -> Wish:
    """What this conversation would get. Raises UserError for what nobody watches."""
    only = args.only.names if args.only else ()
    strange = [name for name in only if name not in reads.alerts.watchers]
    if strange:
        known = ", ".join(reads.alerts.watchers)
        raise UserError(f"Nothing of the name {strange[0]} is watched. There are {known}.", "/jhub alerts here on")
    return Wish(str(args.min or "note"), only)


def preview(plan: Wish) -> Plan:
    """What would be told here."""
    return Plan("Tell alerts here", "", (), (_words(plan),))


def _words(plan: Wish) -> str:
    what = f"about {', '.join(plan.only)}" if plan.only else "about everything that is watched"
    return f"Alerts {what}" + ("." if plan.minimum == "note" else f", if they are {plan.minimum} or worse.")


async def apply(plan: Wish, do: Steps) -> Notice | Failure:
    """Remember it."""
    await do.step("Remember it", do.writes.alerts.subscribe, do.operation, plan.minimum, plan.only)
    facts = (Facts((Fact("Told here", _words(plan)), Fact("Not any more", "/jhub alerts here off"))),)
    return Notice("Alerts are told here", "“/jhub alerts test” shows that they arrive.", Tone.GOOD, facts)


COMMAND = Change(
    "alerts here on",
    "Have alerts told where you type this.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
)
