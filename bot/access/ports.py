"""What access asks of outside systems."""

from collections.abc import Collection, Sequence
from typing import Protocol

from clients.entra.directory import DirectoryUser
from commands.framework.command import Level


class MemberDirectory(Protocol):
    """What is asked of Microsoft Graph. Every method raises Unavailable."""

    async def member_groups(self, object_id: str, group_ids: Collection[str]) -> frozenset[str]:
        """Which of these groups the person is in, through other groups too."""

    async def user(self, object_id_or_upn: str) -> DirectoryUser:
        """The person behind an object id or a user principal name. Raises NotFound."""


class Roles(Protocol):
    """Where levels come from."""

    async def groups(self, object_id: str) -> Sequence[tuple[Level, str]]:
        """The levels this person is given, each with the name of what gives it. Raises Unavailable."""

    def holders(self, level: int) -> Sequence[str]:
        """The names of what gives at least this level, the lowest level first."""

    def way_in(self, level: int) -> str:
        """A sentence that says whom to ask for this level."""

    async def object_id(self, upn: str) -> str:
        """The object id behind a user principal name. Raises NotFound, Unavailable."""

    async def upn(self, object_id: str) -> str:
        """The user principal name of a person. Raises NotFound, Unavailable."""


def nobody_at(level: int, how: str) -> str:
    """Say that no person has this level, and how the configuration would give it to somebody."""
    return f"Nobody is {Level(level).one} yet: whoever runs the bot has to {how} in its configuration."
