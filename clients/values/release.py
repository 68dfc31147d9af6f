"""The release as the home of its own values: those of the live revision, written by each upgrade."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from clients.values.changes import Author, ValueChange, Written


class RevisionLike(Protocol):
    """A revision of the release, limited to what is needed here."""

    @property
    def revision(self) -> int:
        """Its number."""

    @property
    def values(self) -> Mapping[str, object]:
        """The values that a user supplied."""


class ReleaseHome:
    """The release as the home of the values. `live` and `newest` return the revision, None where there is none."""

    kind = "release"
    place = "the release"

    def __init__(
        self, live: Callable[[], Awaitable[RevisionLike | None]], newest: Callable[[], Awaitable[RevisionLike | None]]
    ) -> None:
        self._live = live
        self._newest = newest

    async def written(self) -> Written | None:
        """Return the live revision's values, or the newest's where none is live; None where there is none.

        Raise what the two callables raise.
        """
        found = await self._live() or await self._newest()
        return Written(found.values, f"revision {found.revision}") if found else None

    async def secrets(self) -> Mapping[str, object]:
        """Return no values: all are in the release."""
        return {}

    async def save(
        self, changes: Sequence[ValueChange], *, base: str, author: Author, message: str, operation: str
    ) -> str:
        """Do nothing and return `base`: helm has written the changes."""
        del changes, author, message, operation
        return base
