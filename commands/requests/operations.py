"""The changes that are running, waiting and recently ended."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cards.times import minute
from cards.views import Cell, Column, Notice, Status, Table, Tone, View
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.ports.context import Reads
from commands.ports.operations import Work, WorkState
from commands.requests.rows import short, state
from commands.timing.timestamps import ago

_RECENT: Final = 100
_FIRST: Final = (WorkState.RUNNING, WorkState.QUEUED, WorkState.WAITING, WorkState.PLANNING)
_COLUMNS = (Column("Id", 2), Column("What", 5), Column("Asked by", 3), Column("State", 5), Column("Since", 2))


@dataclass(frozen=True)
class Args(NoArgs):
    """The command takes no arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Return the changes: running, then queued and waiting, then those that ended last."""
    del args
    going, ended = await asyncio.gather(reads.work.open(), reads.work.ended(_RECENT))
    if not going and not ended:
        return Notice("No changes", "Nobody has changed anything through the bot yet.")
    over = {work.id for work in ended}
    # Asked for at the same time: one that ended meanwhile may be in both.
    still = [work for work in going if work.id not in over and work.state in _FIRST]
    going = sorted(still, key=lambda work: (_FIRST.index(work.state), work.asked))
    tables = [_table(going, "In progress", reads)] if going else []
    title = "Ended" if len(ended) < _RECENT else f"The last {_RECENT} that ended"
    tables += [_table(ended, title, reads)] if ended else []
    running = any(work.state is WorkState.RUNNING for work in going)
    return Status(
        "Changes",
        _headline(going),
        Tone.WORKING if running else Tone.NOTE,
        (),
        tuple(tables),
        minute(reads.now),
    )


def _headline(going: Sequence[Work]) -> str:
    words = {WorkState.RUNNING: "running", WorkState.QUEUED: "queued", WorkState.WAITING: "waiting for an answer"}
    counts = [(sum(work.state is kind for work in going), word) for kind, word in words.items()]
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "Nothing is in progress"


def _table(works: Sequence[Work], title: str, reads: Reads) -> Table:
    return Table(_COLUMNS, tuple(_row(work, reads) for work in works), title)


def _row(work: Work, reads: Reads) -> tuple[Cell, ...]:
    words, tone = state(work)
    return (
        Cell(short(work)),
        Cell(f"{work.title} (emergency)" if work.emergency else work.title),
        Cell(work.requester),
        Cell(words, tone),
        Cell(ago(work.changed, reads.now)),
    )


COMMAND = Query(
    "operations",
    "List the changes that are running, waiting or recently ended.",
    Level.VIEWER,
    run,
    Args,
    details="“/jhub cancel <id>” stops one: at once while it waits, before its next step while it runs.",
    topic=Topic.BOT,
    rank=4,
)
