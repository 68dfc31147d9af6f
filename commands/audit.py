"""The audit trail, a page at a time: who asked for, agreed to, was refused and did what."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cards.views import Cell, Column, Lines, Notice, Section, Status, Table, Tone, View
from clients.errors import NotFound
from commands.errors import UserError
from commands.moments import minute
from commands.reads import Reads, TrailLine
from commands.spec import Flag, Level, Query
from commands.values import Age, EntryNumber, Upn

_PAGE: Final = 20
_LONGEST: Final = 100
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
    """Whose entries, since when, before which; the newest of all without."""

    user: Annotated[Upn | None, Flag("only what this person did", "ada@example.org")] = None
    since: Annotated[Age | None, Flag("only the last so long", "7d")] = None
    before: Annotated[EntryNumber | None, Flag("only entries before this number", "120")] = None


async def run(args: Args, reads: Reads) -> View:
    """One page, newest first, and what to type for the next."""
    # One more than is shown tells whether there is another page.
    lines = await reads.trail.page(
        object_id=await _object_id(args, reads),
        since=reads.now - args.since.length if args.since else None,
        before=args.before.value if args.before else 0,
        limit=_PAGE + 1,
    )
    if not lines:
        return Notice("No entries", f"The audit trail has no entries{_chosen(args)}.")
    shown = lines[:_PAGE]
    sections: list[Section] = [Table(_COLUMNS, tuple(_row(line) for line in shown), rest="/jhub audit --since 1d")]
    if len(lines) > _PAGE:
        sections.append(Lines((_line(args, shown[-1].number),), "Earlier entries"))
    return Status("Audit trail", _headline(args, shown), Tone.NOTE, (), tuple(sections), minute(reads.now))


async def _object_id(args: Args, reads: Reads) -> str:
    if args.user is None:
        return ""
    try:
        return await reads.access.object_id(args.user)
    except NotFound:
        raise UserError(
            f"The directory knows nobody by the name “{args.user}”: nothing can be looked up for them.", "/jhub audit"
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
        Cell(_cut(line.command)),
        Cell(_cut(line.detail) or "—"),
    )


def _cut(text: str) -> str:
    """As much as lets a whole page fit into one card; `jhub-bot audit export` has all of it."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


COMMAND = Query(
    "audit",
    "The audit trail: who asked for, approved and did what.",
    Level.APPROVER,
    run,
    Args,
    details="Every change, try and refusal is in it, newest first, 20 at a time. Times are UTC.",
)
