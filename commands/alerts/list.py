"""The alerts, and the conversations that get them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cards.times import hour, joined, minute, timed
from cards.views import Cell, Column, Fact, Facts, Section, Status, Table, Tone, View
from commands.framework.command import Flag, Level, Query, Topic
from commands.ports.alerts import AlertChannel, AlertSummary
from commands.ports.context import Reads

# Those that are over are kept for some weeks; a storm has hundreds.
_RECENT: Final = 500
_COLUMNS = (Column("Alert", 3), Column("What", 8), Column("Since", 4), Column("State", 5))
_TONES = {"note": Tone.NOTE, "warning": Tone.WARNING, "critical": Tone.BAD}


@dataclass(frozen=True)
class Args:
    """The scope: open alerts, or all."""

    all: Annotated[bool, Flag("include resolved alerts")] = False


async def run(args: Args, reads: Reads) -> View:
    """Return a row for each alert, and where alerts are sent."""
    living, recent, channels = await asyncio.gather(
        reads.alerts.open(), reads.alerts.recent(_RECENT), reads.alerts.channels()
    )
    shown = recent if args.all else living
    worst = _TONES[living[0].severity] if living else Tone.GOOD
    return Status("Alerts", _headline(living), worst, (), _sections(shown, channels, reads), minute(reads.now))


def _headline(living: Sequence[AlertSummary]) -> str:
    if not living:
        return "No alerts: everything that the bot watches is in order"
    return living[0].title if len(living) == 1 else f"{len(living)} open alerts"


def _sections(shown: Sequence[AlertSummary], channels: Sequence[AlertChannel], reads: Reads) -> tuple[Section, ...]:
    rows = tuple(_row(alert, reads) for alert in shown)
    table: tuple[Section, ...] = (Table(_COLUMNS, rows),) if rows else ()
    facts = (Fact("Watched", ", ".join(reads.alerts.watchers) or "nothing yet"), Fact("Sent to", _told_in(channels)))
    return (*table, Facts(facts))


def _told_in(channels: Sequence[AlertChannel]) -> str:
    if not channels:
        return "nowhere yet: “/jhub alerts here on” sends them to where you type it"
    return f"{len(channels)} {'conversation' if len(channels) == 1 else 'conversations'}"


def _row(alert: AlertSummary, reads: Reads) -> tuple[Cell, ...]:
    return (
        Cell(alert.id),
        Cell(alert.title, _TONES[alert.severity] if alert.over is None else Tone.NOTE),
        Cell(minute(alert.since)),
        Cell(_state(alert, reads)),
    )


def _state(alert: AlertSummary, reads: Reads) -> str:
    if alert.over is not None:
        return timed("resolved at ", hour(alert.over))
    words = ["comes and goes"] if alert.flapping else []
    if alert.snoozed_until and alert.snoozed_until > reads.now:
        words.append(timed("snoozed until ", hour(alert.snoozed_until)))
    if alert.seen_to_by:
        words.append(f"acknowledged by {alert.seen_to_by}")
    return joined(", ", *words) or "open"


COMMAND = Query(
    "alerts",
    "List the open alerts and where alerts are sent.",
    Level.VIEWER,
    run,
    Args,
    in_menu=True,
    topic=Topic.ALERTS,
    rank=1,
)
