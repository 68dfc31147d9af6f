"""What waits for somebody's yes."""

from dataclasses import dataclass

from cards.views import Cell, Column, Notice, Status, Table, Tone, View
from commands.moments import ago, minute
from commands.reads import Reads, Work, WorkState
from commands.spec import Level, NoArgs, Query
from commands.work import awaited, expiry, short

_COLUMNS = (
    Column("Id", 2),
    Column("What", 5),
    Column("Asked by", 4),
    Column("Waits for", 4),
    Column("Expires", 2),
    Column("Why", 4),
)


@dataclass(frozen=True)
class Args(NoArgs):
    """Nothing."""


async def run(args: Args, reads: Reads) -> View:
    """What waits for others first, and of those what expires first."""
    del args
    waiting = [work for work in await reads.work.open() if work.state is WorkState.WAITING]
    if not waiting:
        return Notice("Nothing waits", "Nothing waits for an approval or for a confirmation now.", Tone.GOOD)
    waiting.sort(key=lambda work: (not work.needed, work.expires or work.asked))
    others = sum(bool(work.needed) for work in waiting)
    return Status(
        "What waits for a yes",
        _headline(others, len(waiting) - others),
        Tone.NOTE,
        (),
        (Table(_COLUMNS, tuple(_row(work, reads) for work in waiting), rest="/jhub operations"),),
        minute(reads.now),
    )


def _headline(others: int, own: int) -> str:
    said = [f"{others} for approval"] if others else []
    said += [f"{own} for the confirmation of who asked"] if own else []
    return ", ".join(said)


def _row(work: Work, reads: Reads) -> tuple[Cell, ...]:
    return (
        Cell(short(work)),
        Cell(f"{work.title} (emergency)" if work.emergency else work.title),
        Cell(f"{work.requester}, {ago(work.asked, reads.now)}"),
        Cell(awaited(work)),
        Cell(expiry(work, reads)),
        Cell(work.reason or "—"),
    )


COMMAND = Query(
    "approvals",
    "What waits for an approval or a confirmation.",
    Level.VIEWER,
    run,
    Args,
    details="To answer, press the buttons on the request's own card. /jhub cancel <id> withdraws it.",
    in_menu=True,
)
