"""The audit trail: requests, approvals, refusals and results, with the person of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cards.times import minute
from cards.views import Button, Cell, Column, Lines, Notice, Section, Status, Table, Tone, View, typing
from clients.errors import NotFound
from commands.framework.argument_types import Age, Upn
from commands.framework.command import Flag, Level, Query, Topic
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.ports.operations import TrailLine
from commands.requests.arguments import EntryNumber

# As many as are read at once, for pages that follow each other.
_MOST: Final = 1_000
_COLUMNS = (
    Column("No.", 1, numeric=True),
    Column("When", 3),
    Column("Who", 3),
    Column("What", 3),
    Column("Command", 5),
    Column("Detail", 5),
)
_TONES: Final = {"failed": Tone.BAD, "bug": Tone.BAD, "refused": Tone.WARNING, "done": Tone.GOOD}


@dataclass(frozen=True)
class Args:
    """A person, a period and a number that limit the entries; without any, the newest of all."""

    user: Annotated[Upn | None, Flag("only this person's entries", "ada@example.org")] = None
    since: Annotated[Age | None, Flag("only this recent a period", "7d")] = None
    before: Annotated[EntryNumber | None, Flag("only entries older than this number", "120")] = None


async def run(args: Args, reads: Reads) -> View:
    """Return the entries, newest first, and the line for those before. Raise UserError or Unavailable."""
    # One more than is shown tells whether there are any before.
    lines = await reads.trail.page(
        object_id=await _object_id(args, reads),
        since=reads.now - args.since.length if args.since else None,
        before=args.before.value if args.before else 0,
        limit=_MOST + 1,
    )
    if not lines:
        return Notice("No entries", f"The audit trail has no entries{_chosen(args)}.")
    shown = lines[:_MOST]
    sections: list[Section] = [Table(_COLUMNS, tuple(_row(line) for line in shown))]
    buttons: tuple[Button, ...] = ()
    if len(lines) > _MOST:
        before = _line(args, shown[-1].number)
        sections.append(Lines((before,), "Earlier entries"))
        buttons = (typing("Earlier entries", before),)
    headline = _headline(args, shown)
    return Status("Audit trail", headline, Tone.NOTE, (), tuple(sections), minute(reads.now), buttons)


async def _object_id(args: Args, reads: Reads) -> str:
    if args.user is None:
        return ""
    try:
        return await reads.access.object_id(args.user)
    except NotFound:
        raise UserError(
            f"The directory does not know “{args.user}”, so their entries cannot be looked up.", "/jhub audit"
        ) from None


def _chosen(args: Args) -> str:
    said = f" of {args.user}" if args.user else ""
    said += f" in the last {args.since}" if args.since else ""
    return said + (f" before number {args.before}" if args.before else "")


def _headline(args: Args, lines: Sequence[TrailLine]) -> str:
    return f"Entries {lines[0].number} to {lines[-1].number}{_chosen(args)}"


def _line(args: Args, before: int) -> str:
    words = ["/jhub audit"]
    words += [f"--user {args.user}"] if args.user else []
    words += [f"--since {args.since}"] if args.since else []
    return " ".join([*words, f"--before {before}"])


def _row(line: TrailLine) -> tuple[Cell, ...]:
    what = f"{line.event}: {line.outcome}" if line.outcome and line.outcome != line.event else line.event
    return (
        Cell(str(line.number)),
        Cell(f"{line.at:%Y-%m-%d %H:%M:%S}"),
        Cell(line.name),
        Cell(what, _TONES.get(line.outcome, Tone.NOTE)),
        Cell(line.command),
        Cell(line.detail or "—"),
    )


COMMAND = Query(
    "audit",
    "Show the audit trail: who asked for, approved and did what.",
    Level.APPROVER,
    run,
    Args,
    details="It records every change, attempt, refusal and revealed value; newest first. Times are UTC.",
    topic=Topic.BOT,
    rank=9,
)
