"""`/jhub config diff`: compare the live Helm values with an earlier revision's and with the stored ones."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Annotated, Final

from cards.times import timed
from cards.views import Cell, Column, Fact, Facts, Lines, Notice, Section, Table, Tone, View, typing
from clients.helm import Release
from clients.secret_patterns import unshaped
from clients.values import ValueChange
from commands.framework.command import Arg, Flag, Level, Query, Topic
from commands.framework.errors import UserError
from commands.framework.pagination import wrapped
from commands.ports.context import Reads
from commands.release.arguments import RevisionNumber
from commands.release.record import updated, who
from commands.text.redaction import Redactor
from commands.values.base import base_values, sets_secret
from commands.values.diff import Showing, ValueDifference, differing, dotted, value_differences
from commands.values.display import HIDING, REVEAL, redactor
from commands.values.opaque_values import opaque_area

# More revisions than helm keeps by default (ten).
_HISTORY: Final = 100


@dataclass(frozen=True)
class Args:
    """The arguments: the revision to compare with, and to reveal what is hidden or not."""

    revision: Annotated[RevisionNumber | None, Arg("the revision to compare the live one with", "2")] = None
    reveal: Annotated[bool, Flag(REVEAL)] = False


@dataclass(frozen=True)
class _Rows:
    """The layout of a table of differences. `first` are rows before them; `same` replaces an empty table."""

    columns: tuple[Column, ...]
    same: str
    place: str = ""
    first: tuple[ValueDifference, ...] = ()

    def table(self, found: Sequence[ValueDifference]) -> Section:
        """Return the table, or the sentence."""
        if not found:
            return Lines((f"{self.same}.",))
        rows = tuple((Cell(one.path), Cell(one.before), Cell(one.after)) for one in found)
        return Table(self.columns, rows, f"Stored in {self.place}, not live" if self.place else "What changed")


async def run(args: Args, reads: Reads) -> View:
    """Return both differences. Raise UserError for a revision that no longer exists, Unavailable."""
    live = await reads.releases.deployed()
    if live is None:
        raise UserError("No revision is live: there is nothing to compare with.", "/jhub history")
    other = await _revision(args.revision.value, live, reads) if args.revision else None
    apart = reads.values.kind != "release"
    if other is None and not apart:
        raise UserError(
            "The values are stored in the release, so they are live. Name a revision to compare with.", _example(live)
        )
    telling = await _telling(args, live, other, reads)
    sections = [*_since(other, live, telling), *(await _drift(live, telling, reads) if apart else [])]
    many = any(isinstance(one, Table) for one in sections)
    return Notice(
        f"Revision {other.revision} and {live.revision}, which is live" if other else "Stored and live values",
        _text(other, reads),
        Tone.NOTE if many else Tone.GOOD,
        (*sections, *telling.left),
        (typing("Deploy the stored values", "/jhub deploy"),) if _drifts(sections) else (),
    )


def _example(live: Release) -> str:
    return f"/jhub config diff {max(1, live.revision - 1)}"


async def _revision(number: int, live: Release, reads: Reads) -> Release:
    history = await reads.releases.history(_HISTORY)
    found = next((one for one in history if one.revision == number), None)
    if found is None:
        numbers = sorted(one.revision for one in history)
        range_text = f"{numbers[0]} to {numbers[-1]}" if numbers else "none"
        raise UserError(f"Helm has no revision {number}; it keeps {range_text}.", _example(live), "/jhub history")
    if found.revision == live.revision:
        raise UserError(f"Revision {number} is the live one.", _example(live))
    return found


def _text(other: Release | None, reads: Reads) -> str:
    if other is None:
        return ""
    by = f", by {who(other, reads.access)}" if other.by_bot else ""
    return timed(
        f"Revision {other.revision}: ",
        updated(other),
        f"{by}, chart {other.chart.version}. {unshaped(other.description)}",
    )


class _DifferenceSections:
    """Makes sections of differences, with opaque values revealed if asked."""

    def __init__(self, hide: Redactor | None) -> None:
        self._hide = hide
        self.hid = False

    @property
    def left(self) -> tuple[Section, ...]:
        """The section that says what was hidden."""
        return (Facts((Fact("Hidden", HIDING),)),) if self.hid else ()

    def sections(self, before: Mapping[str, object], after: Mapping[str, object], rows: _Rows) -> Iterator[Section]:
        """Yield a table of the differences and, if revealed, the diffs of texts of several lines."""
        found = value_differences(before, after, showing=Showing(reveal=self._hide is not None))
        yield rows.table([*rows.first, *map(self._clean, found)])
        apart = list(differing(before, after))
        if self._hide is not None:
            yield from filter(None, (self._lines(self._hide, *one) for one in apart))
        self.hid |= self._hide is None and any(opaque_area(path) for path, _, _ in apart)

    def _clean(self, one: ValueDifference) -> ValueDifference:
        hide = self._hide
        return replace(one, before=hide.line(one.before), after=hide.line(one.after)) if hide else one

    @staticmethod
    def _lines(hide: Redactor, path: tuple[str, ...], before: object, after: object) -> Lines | None:
        old, new = (one.splitlines() if isinstance(one, str) else [] for one in (before, after))
        if max(len(old), len(new)) <= 1 or sets_secret(ValueChange(path)):
            return None
        # Redact each text as a whole: a private key is recognised by its first line.
        old, new = (copy(hide).lines(lines) for lines in (old, new))
        _, _, *lines = unified_diff(old, new, n=2, lineterm="") if old != new else ("", "", "differs in secrets alone")
        return Lines(tuple(wrapped(lines)), dotted(path), code=True)


async def _telling(args: Args, live: Release, other: Release | None, reads: Reads) -> _DifferenceSections:
    if not args.reveal:
        return _DifferenceSections(None)
    start = await base_values(reads)
    return _DifferenceSections(await redactor(reads, live.values, start.values, *([other.values] if other else [])))


def _since(other: Release | None, live: Release, telling: _DifferenceSections) -> list[Section]:
    if other is None:
        return []
    columns = (Column("Value", 4), Column(f"Revision {other.revision}", 3), Column(f"Live, {live.revision}", 3))
    rows = _Rows(columns, "Both have the same values", first=_chart(other, live))
    return list(telling.sections(other.values, live.values, rows))


def _chart(other: Release, live: Release) -> tuple[ValueDifference, ...]:
    same = other.chart.version == live.chart.version
    return () if same else (ValueDifference("(the chart)", other.chart.version, live.chart.version),)


async def _drift(live: Release, telling: _DifferenceSections, reads: Reads) -> list[Section]:
    """Return what is stored but not live; what is live alone is to become what is stored."""
    start = await base_values(reads)
    columns = (Column("Value", 4), Column(f"Live, {live.revision}", 3), Column("Stored", 3))
    place = reads.values.place
    rows = _Rows(columns, f"The values stored in {place} are live", place)
    return list(telling.sections(live.values, start.values, rows))


def _drifts(sections: Sequence[Section]) -> bool:
    return any(isinstance(one, Table) and one.title.startswith("Stored in") for one in sections)


COMMAND = Query(
    "config diff",
    "Compare the live values with an earlier revision's and with the stored ones.",
    Level.VIEWER,
    run,
    Args,
    "For secrets, only the fact that they differ is shown, and of environment variables, files, code, commands and "
    "annotations only their length; an admin sees these with --reveal, in a personal chat, and the audit trail records "
    "it. If the values are in a file or a git repository, values stored there but not live are shown too.",
    reveals=lambda args: args.reveal,
    topic=Topic.RELEASES,
    rank=12,
)
