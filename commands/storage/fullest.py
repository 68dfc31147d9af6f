"""The homes by how full they are, and the other volumes of the namespace: `/jhub storage list --full`. Pure."""

from collections.abc import Sequence
from typing import Final

from cards.times import minute
from cards.views import Cell, Column, Fact, Facts, Section, Status, Table, Tone
from clients.prometheus import VolumeUsage, VolumeUsages
from commands.framework.argument_types import HUB_DATABASE
from commands.ports.context import Reads
from commands.storage.fullness import NEARLY, is_nearly_full, measured, since, tone_of, with_age
from commands.storage.owners import Owners
from commands.storage.rows import Row, owner_cell
from commands.text.byte_sizes import spoken as amount
from commands.timing.durations import spoken

_COLUMNS: Final = (Column("Owner", 6), Column("Full", 2), Column("Left", 4), Column("Measured", 3))
_OTHERS: Final = 4

Known = tuple[Row, VolumeUsage | None]


def by_fullness(
    rows: Sequence[Row], others: Sequence[str], usages: VolumeUsages, owners: Owners, which: str, reads: Reads
) -> Status:
    """Return the card: the fullest first, those that were not measured last.

    `others` are claims that are nobody's home, `which` are words after “homes”.
    """
    known = sorted(((row, _usage(row, usages)) for row in rows), key=_fullest)
    sections: list[Section] = []
    if facts := [*_database(usages, reads), *_others(others, usages, reads), *_unmeasured(known, usages)]:
        sections.append(Facts(tuple(facts)))
    if known:
        sections.append(Table(_COLUMNS, tuple(_cells(row, usage, owners, reads) for row, usage in known)))
    return Status(
        "Homes by how full they are",
        _headline(known, which),
        _tone(known, usages),
        tuple(_problems(usages, owners)),
        tuple(sections),
        minute(reads.now),
    )


def _tone(known: Sequence[Known], usages: VolumeUsages) -> Tone:
    found = [tone_of(usage) for _, usage in known if usage]
    if Tone.BAD in found:
        return Tone.BAD
    if Tone.WARNING in found or usages.warnings:
        return Tone.WARNING
    return Tone.GOOD if found else Tone.NOTE


def _usage(row: Row, usages: VolumeUsages) -> VolumeUsage | None:
    return since(row.claimed, usages.get(row.claim))


def _fullest(known: Known) -> tuple[object, ...]:
    row, usage = known
    return (usage is None, -usage.percent if usage else 0, -usage.share if usage else 0.0, row.owner, row.claim)


def _headline(known: Sequence[Known], which: str) -> str:
    usages = [usage for _, usage in known if usage]
    full = sum(usage.is_full for usage in usages)
    nearly = sum(is_nearly_full(usage) for usage in usages) - full
    of_those = f", of {len(usages):,} that were measured" if len(usages) < len(known) else ""
    if not known:
        return f"No homes{which}"
    if full:
        more = f"; {nearly:,} more at {NEARLY} % or above" if nearly else ""
        return f"{_homes(full, which)} full{more}{of_those}"
    return f"{_homes(nearly, which)} at {NEARLY} % or above{of_those}"


def _homes(count: int, which: str) -> str:
    return f"{count or 'No'} home{which} is" if count <= 1 else f"{count:,} homes{which} are"


def _problems(usages: VolumeUsages, owners: Owners) -> list[str]:
    said = [f"Prometheus warns that this is not all: {one}" for one in usages.warnings]
    return [*said, *([f"{owners.doubt}: owners cannot be checked now."] if owners.doubt else [])]


def _database(usages: VolumeUsages, reads: Reads) -> list[Fact]:
    usage = usages.get(HUB_DATABASE)
    return [Fact("The hub’s database", with_age(usage, reads.now), tone_of(usage))] if usage else []


def _others(others: Sequence[str], usages: VolumeUsages, reads: Reads) -> list[Fact]:
    """Return the fullest of the volumes that are nobody's home."""
    known = (usages.get(name) for name in others if name != HUB_DATABASE)
    found = sorted(filter(None, known), key=lambda one: -one.share)
    return [Fact(one.claim, with_age(one, reads.now), tone_of(one)) for one in found[:_OTHERS]]


def _unmeasured(known: Sequence[Known], usages: VolumeUsages) -> list[Fact]:
    count = sum(usage is None for _, usage in known)
    why = f"no server mounted them within {spoken(usages.within)}, or kubelet measures no such volumes"
    return [Fact("Not measured", f"{count:,}: {why}")] if count else []


def _cells(row: Row, usage: VolumeUsage | None, owners: Owners, reads: Reads) -> tuple[Cell, ...]:
    if usage is None:
        return owner_cell(row, owners), Cell("unknown"), Cell(f"of {amount(row.size)}"), Cell("—")
    return (
        owner_cell(row, owners),
        Cell(f"{usage.percent} %", tone_of(usage)),
        Cell(_left(usage)),
        Cell(measured(usage, reads.now), Tone.GOOD if usage.mounted else Tone.NOTE),
    )


def _left(usage: VolumeUsage) -> str:
    """Return what is left of bytes, or of files where those are used up first."""
    if usage.percent_of_files > usage.percent_of_bytes:
        return f"{usage.most_files - usage.files:,} of {usage.most_files:,} files"
    return f"{amount(usage.free) if usage.free else 'nothing'} of {amount(usage.capacity)}"
