"""What commands may ask of where the chart's values are kept."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from clients.values import Author, ValueChange, Written


class ValuesReads(Protocol):
    """The home of the hub's values, where they are written down. Every method raises Unavailable."""

    @property
    def kind(self) -> str:
        """What it is: `release`, `file` or `git`."""

    @property
    def place(self) -> str:
        """Where it is, in words: "the release", "config.yaml", "main:config.yaml of hub-config"."""

    async def written(self) -> Written | None:
        """What is written there now; None where there is nothing yet, as where there is no release.

        Raises Rejected for a file that holds no values, which names the line.
        """

    async def secrets(self) -> Mapping[str, object]:
        """Values for what neither the home nor the release has, as a first installation; empty without any."""


class ValuesWrites(Protocol):
    """What `apply` may ask of the home of the hub's values."""

    async def save(
        self, changes: Sequence[ValueChange], *, base: str, author: Author, message: str, operation: str
    ) -> str:
        """Write these down, where they are not so already; the version that has them. `base` is the planned-on one.

        A home that is the release does nothing: helm writes there. In a file comments, order and quotes stay as they
        are. Raises Unavailable, Rejected for what cannot be written, and Conflict where somebody else has changed
        one of the same values since `base`.
        """
