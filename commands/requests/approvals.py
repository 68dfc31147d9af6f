"""The changes that wait for an approval or a confirmation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cards.times import minute
from cards.views import Button, ButtonStyle, Cell, Column, Notice, Status, Table, Tone, View
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.ports.context import Reads
from commands.ports.operations import Work, WorkState
from commands.requests.rows import awaited, expiry, short
from commands.timing.timestamps import ago

LISTED: Final = "listed"
"""What the buttons of the list carry, so that their answer is the list again."""
LIST: Final = "/jhub approvals"
# Of the six buttons that Teams shows two are for each request: the next ones get theirs when these are answered.
_WITH_BUTTONS: Final = 3

_COLUMNS = (
    Column("Id", 2),
    Column("What", 5),
    Column("Asked by", 4),
    Column("Waits for", 4),
    Column("Expires", 2),
    Column("Reason", 4),
)


@dataclass(frozen=True)
class Args(NoArgs):
    """The command takes no arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Return the waiting changes: those that wait for others first, and of these the one that expires next."""
    del args
    waiting = [work for work in await reads.work.open() if work.state is WorkState.WAITING]
    if not waiting:
        return Notice("Nothing is waiting", "No change is waiting for an approval or a confirmation.", Tone.GOOD)
    waiting.sort(key=lambda work: (not (work.needed or work.emergency), work.expires or work.asked))
    return Status(
        "Waiting for an answer",
        _headline(waiting),
        Tone.NOTE,
        (),
        (Table(_COLUMNS, tuple(_row(work, reads) for work in waiting)),),
        minute(reads.now),
        _buttons([work for work in waiting if _may_answer(work, reads)]),
    )


def _may_answer(work: Work, reads: Reads) -> bool:
    """Return True if the caller may answer the request; the check is repeated when they press a button."""
    me = reads.caller
    others = bool(work.needed or work.emergency) and me.object_id not in (work.requester_id, *work.answered_by)
    return others and me.level >= work.by


def _buttons(works: Sequence[Work]) -> tuple[Button, ...]:
    return tuple(button for work in works[:_WITH_BUTTONS] for button in _of(work))


def _of(work: Work) -> tuple[Button, ...]:
    data = (("id", work.id), ("digest", work.digest), (LISTED, "approvals"))
    if work.emergency:
        return (Button(f"Stop {short(work)}", "reject", data, ButtonStyle.DESTRUCTIVE),)
    return (
        Button(f"Approve {short(work)}", "approve", data, ButtonStyle.POSITIVE),
        Button(f"Reject {short(work)}", "reject", data, ButtonStyle.DESTRUCTIVE),
    )


def _headline(waiting: Sequence[Work]) -> str:
    emergencies = sum(work.emergency for work in waiting)
    others = sum(bool(work.needed) and not work.emergency for work in waiting)
    own = len(waiting) - emergencies - others
    said = [f"{emergencies} waiting for the end of an emergency's delay"] if emergencies else []
    said += [f"{others} waiting for approval"] if others else []
    said += [f"{own} waiting for the requester's confirmation"] if own else []
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
    "List the changes that wait for an approval or a confirmation.",
    Level.VIEWER,
    run,
    Args,
    details="An approver answers with the buttons below the list or on the request's own card. “/jhub cancel <id>” "
    "withdraws a request.",
    in_menu=True,
    topic=Topic.BOT,
    rank=3,
)
