"""Limits to the length of a view on a card, and how it is cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """The most that is shown: rows of a table, other items of a list, characters of one text.

    `sections` is False if tables, charts, facts and lines are left out altogether.
    """

    rows: int
    items: int
    chars: int
    sections: bool = True

    @property
    def title(self) -> int:
        """The most characters of a title, a label or a button's face: fewer, and never none."""
        return min(self.chars, 120)


# A card takes the first of these with which it fits Teams. The first is what people still read in a chat.
LEVELS = (
    Limits(rows=40, items=40, chars=1_000),
    Limits(rows=25, items=25, chars=500),
    Limits(rows=12, items=12, chars=300),
    Limits(rows=6, items=6, chars=200),
    Limits(rows=3, items=3, chars=120),
    Limits(rows=1, items=1, chars=80),
    Limits(rows=0, items=0, chars=80, sections=False),
)


def cut(values: Sequence[T], most: int) -> tuple[Sequence[T], int]:
    """Return the first `most` of `values`, and the number of those left off."""
    return values[:most], max(0, len(values) - most)


def more(left_off: int, rest: str = "") -> str:
    """Return the line that stands for what is left off, e.g. "… and 37 more: /jhub pods hub"."""
    return f"… and {left_off:,} more: {rest}" if rest else f"… and {left_off:,} more"
