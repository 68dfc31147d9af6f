"""What the bot has raised an alarm about, and who gets it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cards.views import Cell, Column, Fact, Facts, Section, Status, Table, Tone, View
from commands.moments import minute
from commands.reads import AlertChannel, AlertSeen, Reads
from commands.spec import Flag, Level, Query

_COLUMNS = (Column("Alert", 3), Column("What", 8), Column("Since", 4), Column("State", 5))
_TONES = {"note": Tone.NOTE, "warning": Tone.WARNING, "critical": Tone.BAD}


@dataclass(frozen=True)
class Args:
    """How much."""

    all: Annotated[bool, Flag("those that are over, too")] = False


async def run(args: Args, reads: Reads) -> View:
    """A row for each."""
    living, recent, channels = await asyncio.gather(reads.alerts.open(), reads.alerts.recent(), reads.alerts.channels())
    shown = recent if args.all else living
    worst = _TONES[living[0].severity] if living else Tone.GOOD
    return Status("Alerts", _headline(living), worst, (), _sections(shown, channels, reads), minute(reads.now))


def _headline(living: Sequence[AlertSeen]) -> str:
    if not living:
        return "Nothing is wrong that the bot watches"
    return living[0].title if len(living) == 1 else f"{len(living)} alerts"


def _sections(shown: Sequence[AlertSeen], channels: Sequence[AlertChannel], reads: Reads) -> tuple[Section, ...]:
    rows = tuple(_row(alert, reads) for alert in shown)
    table: tuple[Section, ...] = (Table(_COLUMNS, rows, rest="/jhub alerts --all"),) if rows else ()
    facts = (Fact("Watched", ", ".join(reads.alerts.watchers) or "nothing yet"), Fact("Told in", _told_in(channels)))
    return (*table, Facts(facts))


def _told_in(channels: Sequence[AlertChannel]) -> str:
    if not channels:
        return "no channel: “/jhub alerts here on” has them told where you type it"
    return f"{len(channels)} {'conversation' if len(channels) == 1 else 'conversations'}"


def _row(alert: AlertSeen, reads: Reads) -> tuple[Cell, ...]:
    return (
        Cell(alert.id),
        Cell(alert.title, _TONES[alert.severity]),
        Cell(f"{alert.since:%Y-%m-%d %H:%M}"),
        Cell(_state(alert, reads)),
    )


def _state(alert: AlertSeen, reads: Reads) -> str:
    if alert.over is not None:
        return f"over since {alert.over:%H:%M}"
    words = ["comes and goes"] if alert.flapping else []
    if alert.snoozed_until and alert.snoozed_until > reads.now:
        words.append(f"snoozed until {alert.snoozed_until:%H:%M}")
    if alert.seen_to_by:
        words.append(f"{alert.seen_to_by} sees to it")
    return ", ".join(words) or "open"


COMMAND = Query(
    "alerts", "What is wrong, as far as the bot watches; who is told.", Level.VIEWER, run, Args, in_menu=True
)
