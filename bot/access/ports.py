"""Ports of the access package: the directory, and the sources of levels."""

from collections.abc import Collection, Sequence
from typing import Protocol

from clients.entra.directory import DirectoryUser
from commands.framework.command import Level


class MemberDirectory(Protocol):
    """The directory of Microsoft Graph. Every method raises Unavailable."""

    async def member_groups(self, object_id: str, group_ids: Collection[str]) -> frozenset[str]:
        """Return those of these groups that the person is in, through other groups too."""

    async def user(self, object_id_or_upn: str) -> DirectoryUser:
        """Return the person behind an object id or a user principal name. Raise NotFound."""


class Roles(Protocol):
    """Source of levels."""

    async def groups(self, object_id: str) -> Sequence[tuple[Level, str]]:
        """Return the levels this person is given, each with the name of what gives it. Raise Unavailable."""

    def holders(self, level: int) -> Sequence[str]:
        """Return the names of what gives at least this level, the lowest level first."""

    def way_in(self, level: int) -> str:
        """Return a sentence that says whom to ask for this level."""

    async def object_id(self, upn: str) -> str:
        """Return the object id behind a user principal name. Raise NotFound, Unavailable."""

    async def is_in_directory(self, upn: str) -> bool | None:
        """Return True if somebody has that name; None where that cannot be told. Raise Unavailable."""

    async def upn(self, object_id: str) -> str:
        """Return the user principal name of a person. Raise NotFound, Unavailable."""


def nobody_at(level: int, how: str) -> str:
    """Return a sentence: no person has this level, and how the configuration would give it to somebody."""
    return f"Nobody is {Level(level).one} yet: whoever runs the bot has to {how} in its configuration."
