"""Levels by the roster of a Teams team: its owners and its members."""

from collections.abc import Awaitable, Callable, Sequence

from bot.access.ports import nobody_at
from bot.chat.object_ids import object_id as spelled
from bot.chat.platform import Member
from bot.config.access import TeamRoster
from clients.errors import NotFound
from commands.framework.command import Level

Roster = Callable[[], Awaitable[Sequence[Member]]]


class RosterRoles:
    """Levels by a team's owners and members: whoever owns the team decides who may do what."""

    def __init__(self, settings: TeamRoster, roster: Roster) -> None:
        self._roster = roster
        self._owners = Level[settings.owners.upper()]
        self._members = Level[settings.members.upper()] if settings.members else Level.ANYONE

    async def groups(self, object_id: str) -> Sequence[tuple[Level, str]]:
        """Return the level of an owner or a member, nothing for anybody else. Raise Unavailable."""
        for member in await self._roster():
            if object_id and member.object_id == object_id:
                return [self._of(member)]
        return ()

    def _of(self, member: Member) -> tuple[Level, str]:
        return (self._owners, "the team’s owners") if member.is_owner else (self._members, "the team’s members")

    def holders(self, level: int) -> Sequence[str]:
        """Return the owners and the members, as far as they have the level."""
        both = ((self._members, "the team’s members"), (self._owners, "the team’s owners"))
        return [name for held, name in both if held >= level]

    def way_in(self, level: int) -> str:
        """Return a sentence that refers to the team's owners: they decide who is a member, and who is an owner."""
        if self._members >= level:
            return "To get access, ask an owner of the team to add you to it."
        if self._owners >= level:
            return "To get access, ask an owner of the team to make you an owner, too."
        return nobody_at(level, "set access.team.owners")

    async def object_id(self, upn: str) -> str:
        """Return the object id of a user principal name. Raise NotFound for people outside the team, Unavailable."""
        for member in await self._roster():
            if member.upn.casefold() == upn.casefold():
                return member.object_id
        raise NotFound(f"{upn} is not in the team")

    async def is_in_directory(self, upn: str) -> bool | None:
        """Return True for a member of the team, None for all others: the team's list says nothing of them."""
        return True if any(one.upn.casefold() == upn.casefold() for one in await self._roster()) else None

    async def upn(self, object_id: str) -> str:
        """Return the user principal name of a person. Raise NotFound for people outside the team, Unavailable."""
        wanted = spelled(object_id)
        for member in await self._roster():
            if wanted and member.object_id == wanted:
                return member.upn
        raise NotFound("That person is not in the team")
