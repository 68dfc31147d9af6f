"""Interfaces to the home of the chart's values."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from clients.values import Author, ValueChange, Written


class ValuesReads(Protocol):
    """Reads of the home of the hub's values. Every method raises Unavailable."""

    @property
    def kind(self) -> str:
        """The kind of home: `release`, `file` or `git`."""

    @property
    def place(self) -> str:
        """The location in words: "the release", "config.yaml", "main:config.yaml of hub-config"."""

    async def written(self) -> Written | None:
        """Return the values of the home; None where there are none yet, as where there is no release.

        Raise Rejected for a file that holds no values, naming the line.
        """

    async def secrets(self) -> Mapping[str, object]:
        """Return the values that neither the home nor the release has, as a first installation's; empty without any."""


class ValuesWrites(Protocol):
    """Changes to the home of the hub's values, for `apply`."""

    async def save(
        self, changes: Sequence[ValueChange], *, base: str, author: Author, message: str, operation: str
    ) -> str:
        """Write the changes that are not made already, and return the version that has them.

        `base` is the version they were planned on. A home that is the release does nothing: helm writes there. In a
        file, comments, order and quotes are preserved. Raise Unavailable, Rejected for changes that cannot be written,
        and Conflict where somebody else has changed one of the same values since `base`.
        """
