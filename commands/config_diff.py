"""What differs between the live values and those of an earlier revision, and those that are written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cards.views import Cell, Column, Lines, Notice, Section, Table, Tone, View, typing
from clients.helm import Release
from commands.config_values import RevisionNumber
from commands.errors import UserError
from commands.reads import Reads
from commands.release import updated, who
from commands.spec import Arg, Level, Query
from commands.starting import starting
from commands.value_changes import ValueDifference, value_differences

# More revisions than helm keeps unless told otherwise (ten).
_HISTORY: Final = 100


@dataclass(frozen=True)
class Args:
    """With which revision."""

    revision: Annotated[RevisionNumber | None, Arg("a revision to compare the live one with", "2")] = None


async def run(args: Args, reads: Reads) -> View:
    """Both differences. Raises UserError for a revision that is gone, Unavailable."""
    live = await reads.releases.deployed()
    if live is None:
        raise UserError("No revision is live: there is nothing to compare with.", "/jhub history")
    other = await _revision(args.revision.value, live, reads) if args.revision else None
    apart = reads.values.kind != "release"
    if other is None and not apart:
        raise UserError(
            "The release is where the values are: there is nothing else. With what revision?", _example(live)
        )
    sections = [*_since(other, live), *(await _drift(live, reads) if apart else [])]
    many = any(isinstance(one, Table) for one in sections)
    return Notice(
        f"Revision {other.revision} and {live.revision}, which is live" if other else "Written and live",
        _text(other, reads),
        Tone.NOTE if many else Tone.GOOD,
        tuple(sections),
        (typing("Deploy what is written", "/jhub deploy"),) if _drifts(sections) else (),
    )


def _example(live: Release) -> str:
    return f"/jhub config diff {max(1, live.revision - 1)}"


async def _revision(number: int, live: Release, reads: Reads) -> Release:
    history = await reads.releases.history(_HISTORY)
    found = next((one for one in history if one.revision == number), None)
    if found is None:
        there = sorted(one.revision for one in history)
        kept = f"{there[0]} to {there[-1]}" if there else "none"
        raise UserError(f"Helm has no revision {number} (any more): there are {kept}.", _example(live), "/jhub history")
    if found.revision == live.revision:
        raise UserError(f"Revision {number} is the live one.", _example(live))
    return found


def _text(other: Release | None, reads: Reads) -> str:
    if other is None:
        return ""
    by = f", by {who(other, reads.access)}" if other.by_bot else ""
    return f"Revision {other.revision}: {updated(other)} UTC{by}, chart {other.chart.version}. {other.description}"


def _since(other: Release | None, live: Release) -> list[Section]:
    if other is None:
        return []
    chart = _chart(other, live)
    columns = (Column("Value", 4), Column(f"Revision {other.revision}", 3), Column(f"Live, {live.revision}", 3))
    return [_table(columns, [*chart, *value_differences(other.values, live.values)], "Their values are the same")]


def _chart(other: Release, live: Release) -> list[ValueDifference]:
    same = other.chart.version == live.chart.version
    return [] if same else [ValueDifference("(the chart)", other.chart.version, live.chart.version)]


async def _drift(live: Release, reads: Reads) -> list[Section]:
    """What is written down and not live; what is live alone is to become what is written."""
    start = await starting(reads)
    columns = (Column("Value", 4), Column(f"Live, {live.revision}", 3), Column("Written", 3))
    place = reads.values.place
    return [_table(columns, value_differences(live.values, start.values), f"What is written in {place} is live", place)]


def _table(columns: tuple[Column, ...], found: Sequence[ValueDifference], same: str, place: str = "") -> Section:
    if not found:
        return Lines((f"{same}.",))
    rows = tuple((Cell(one.path), Cell(one.before), Cell(one.after)) for one in found)
    return Table(columns, rows, f"Written in {place}, not live" if place else "What changed")


def _drifts(sections: Sequence[Section]) -> bool:
    return any(isinstance(one, Table) and one.title.startswith("Written in") for one in sections)


COMMAND = Query(
    "config diff",
    "What differs between the live values and an earlier revision's, and those written down.",
    Level.VIEWER,
    run,
    Args,
    "Of secrets only that they differ is said. Where the values live in a file or a git repository, what is written "
    "there and not live is shown as well.",
)
