"""A home as a line of a list."""

from dataclasses import dataclass
from datetime import datetime

from cards.views import Cell, Tone
from commands.spawner.runs import title
from commands.storage.owners import Owners


@dataclass(frozen=True, slots=True)
class Row:
    """One home, as far as a list tells. `seen` is its last use, the moment of asking while it is mounted.

    `created` is of the home, `claimed` of the claim that it has now: later where its owner was renamed.
    """

    owner: str
    server: str
    claim: str
    size: int
    storage_class: str
    created: datetime | None
    claimed: datetime | None
    seen: datetime | None
    mounted: bool
    orphan: bool
    bound: bool


def owner_cell(row: Row, owners: Owners) -> Cell:
    """Return whose home it is; the claim's name where that is not known."""
    nobody = f"{'unknown' if owners.doubt else 'nobody'} ({row.claim})"
    name = title(row.owner, row.server) if row.owner else nobody
    return Cell(name, Tone.WARNING if row.orphan else Tone.NOTE)
