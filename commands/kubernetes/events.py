"""Recent events of the cluster: the latest first, repeats folded, explained where they are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from cards.times import minute
from cards.views import Cell, Column, Notice, Status, Table, Tone, View
from clients.kube import Event
from commands.framework.argument_types import Age
from commands.framework.command import Flag, Level, Query, Topic
from commands.kubernetes.explanations import explained
from commands.kubernetes.messages import shown
from commands.ports.context import Reads
from commands.timing.timestamps import ago

_HOUR: Final = timedelta(hours=1)
_LONGEST: Final = 160
_NAMED: Final = 2
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_COLUMNS = (
    Column("Last", 3),
    Column("About", 5),
    Column("What", 4),
    Column("Times", 2, numeric=True),
    Column("Meaning", 9),
)


@dataclass(frozen=True)
class Args:
    """The selection of events; by default all of the last hour."""

    warnings: Annotated[bool, Flag("only warnings")] = False
    since: Annotated[Age | None, Flag("only this recent a period; Kubernetes keeps an hour", "30m")] = None


@dataclass(frozen=True)
class Folded:
    """Events with the same meaning, of one object or of several."""

    reason: str
    words: str
    is_warning: bool
    about: tuple[str, ...]
    count: int
    last: datetime | None


async def run(args: Args, reads: Reads) -> View:
    """Return the events. Raise Unavailable."""
    length = args.since.length if args.since else _HOUR
    found = [event for event in await reads.kube.events(reads.now - length) if _wanted(event, args)]
    lines = folded(found)
    what = "warnings" if args.warnings else "events"
    if not lines:
        return Notice(f"No {what}", f"The cluster recorded none in {args.since or 'the last hour'}.", Tone.GOOD)
    return Status(
        "Events",
        _headline(lines, found),
        Tone.WARNING if any(line.is_warning for line in lines) else Tone.NOTE,
        (),
        (Table(_COLUMNS, tuple(_row(line, reads) for line in lines)),),
        minute(reads.now),
    )


def folded(events: Sequence[Event]) -> list[Folded]:
    """Return the events with those of the same meaning made one, the latest first. Pure."""
    kept: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        kept.setdefault((event.type, event.reason, _words(event)), []).append(event)
    lines = [_one(reason, words, its) for (_, reason, words), its in kept.items()]
    return sorted(lines, key=lambda line: line.last or _LONG_AGO, reverse=True)


def _one(reason: str, words: str, events: Sequence[Event]) -> Folded:
    return Folded(
        reason,
        words,
        is_warning=events[0].type == "Warning",
        about=tuple(dict.fromkeys(f"{event.kind} {event.name}" for event in events)),
        count=sum(event.count for event in events),
        last=max((event.last for event in events if event.last), default=None),
    )


def _words(event: Event) -> str:
    trouble = explained(event)
    return shown(trouble.words if trouble else event.message, _LONGEST)


def _wanted(event: Event, args: Args) -> bool:
    trouble = explained(event)
    # The autoscaler's refusals are of the type Normal.
    return not args.warnings or event.type == "Warning" or (trouble is not None and not trouble.is_transient)


def _headline(lines: Sequence[Folded], events: Sequence[Event]) -> str:
    wrong = sum(line.is_warning for line in lines)
    count, kinds = len(events), len(lines)
    said = f"{count:,} {'event' if count == 1 else 'events'}, {kinds:,} {'line' if kinds == 1 else 'lines'}"
    return f"{said}, {wrong} of them warnings" if wrong else f"{said}, none of them warnings"


def _row(line: Folded, reads: Reads) -> tuple[Cell, ...]:
    more = len(line.about) - _NAMED
    about = ", ".join(line.about[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    tone = Tone.WARNING if line.is_warning else Tone.NOTE
    return (
        Cell(ago(line.last, reads.now)),
        Cell(about),
        Cell(line.reason, tone),
        Cell(f"{line.count:,}"),
        Cell(line.words),
    )


COMMAND = Query(
    "events",
    "Show recent cluster events, newest first, with repeats grouped and explained.",
    Level.VIEWER,
    run,
    Args,
    details="Kubernetes keeps events for an hour by default. Events that mean the same share a line.",
    topic=Topic.STATUS,
    rank=7,
)
