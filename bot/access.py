"""Who may do what. The caller is the object id that the platform vouches for, in a tenant that is served.

Levels come from Entra groups, asked of Microsoft Graph, or from a team's roster. Whoever cannot be looked up may do
nothing: nobody gets in by an outage.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.chat import Member, Person
from bot.config import AccessSettings, TeamRoster
from bot.object_ids import object_id as spelled
from bot.store.people import Names
from clients.entra import DirectoryUser
from clients.errors import NotFound, Unavailable
from commands.spec import Level

# How long an answer of the directory is believed, in seconds; never for a change or an approval.
YES_LASTS: Final = 300.0
NO_LASTS: Final = 30.0
_MOST_REMEMBERED: Final = 10_000


class Unchecked(Unavailable):
    """Nobody can tell what this person may do."""

    def __init__(self, error: Unavailable) -> None:
        super().__init__("Your permission", f"could not be checked: {error}")


class Directory(Protocol):
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


class GroupRoles:
    """Levels by membership in configured groups. Nobody else has any: no groups let nobody in."""

    def __init__(self, settings: AccessSettings, directory: Directory) -> None:
        self._directory = directory
        self._groups = tuple(
            (level, group.id.lower(), group.name or group.id)
            for level, groups in (
                (Level.VIEWER, settings.viewer),
                (Level.OPERATOR, settings.operator),
                (Level.APPROVER, settings.approver),
                (Level.ADMIN, settings.admin),
            )
            for group in groups
        )

    async def groups(self, object_id: str) -> Sequence[tuple[Level, str]]:
        """The configured groups this person is in."""
        if not self._groups:
            return ()
        found = await self._directory.member_groups(object_id, frozenset(known for _, known, _ in self._groups))
        held = {group.lower() for group in found}
        return [(level, name) for level, known, name in self._groups if known in held]

    def holders(self, level: int) -> Sequence[str]:
        """The groups' names."""
        return [name for held, _, name in self._groups if held >= level]

    def way_in(self, level: int) -> str:
        """Who can add people to the groups: their owners, and those who may do everything here."""
        names, admins = self.holders(level), self.holders(Level.ADMIN)
        if not names:
            return _nobody(level, f"set access.{Level(level).title}")
        admin = f" or an admin of the bot (a member of “{admins[0]}”)" if admins and admins[0] != names[0] else ""
        return f"To get access, ask an owner of the group “{names[0]}”{admin} to add you to that group."

    async def object_id(self, upn: str) -> str:
        """The directory's answer."""
        return spelled((await self._directory.user(upn)).object_id)

    async def upn(self, object_id: str) -> str:
        """The directory's answer."""
        return (await self._directory.user(object_id)).upn


Roster = Callable[[], Awaitable[Sequence[Member]]]


class RosterRoles:
    """Levels by a team's owners and members: whoever owns the team decides who may do what."""

    def __init__(self, settings: TeamRoster, roster: Roster) -> None:
        self._roster = roster
        self._owners = Level[settings.owners.upper()]
        self._members = Level[settings.members.upper()] if settings.members else Level.ANYONE

    async def groups(self, object_id: str) -> Sequence[tuple[Level, str]]:
        """Owner, member or neither."""
        for member in await self._roster():
            if object_id and member.object_id == object_id:
                return [self._of(member)]
        return ()

    def _of(self, member: Member) -> tuple[Level, str]:
        return (self._owners, "the team’s owners") if member.is_owner else (self._members, "the team’s members")

    def holders(self, level: int) -> Sequence[str]:
        """The owners and the members, as far as they have the level."""
        both = ((self._members, "the team’s members"), (self._owners, "the team’s owners"))
        return [name for held, name in both if held >= level]

    def way_in(self, level: int) -> str:
        """The team's owners: they decide who is a member, and who is an owner."""
        if self._members >= level:
            return "To get access, ask an owner of the team to add you to it."
        if self._owners >= level:
            return "To get access, ask an owner of the team to make you an owner, too."
        return _nobody(level, "set access.team.owners")

    async def object_id(self, upn: str) -> str:
        """Only people of the team are known."""
        for member in await self._roster():
            if member.upn.casefold() == upn.casefold():
                return member.object_id
        raise NotFound(f"{upn} is not in the team")

    async def upn(self, object_id: str) -> str:
        """Only people of the team are known."""
        wanted = spelled(object_id)
        for member in await self._roster():
            if wanted and member.object_id == wanted:
                return member.upn
        raise NotFound("That person is not in the team")


def _nobody(level: int, how: str) -> str:
    return f"Nobody is {Level(level).one} yet: whoever runs the bot has to {how} in its configuration."


@dataclass(frozen=True)
class _Answer:
    held: tuple[tuple[Level, str], ...]
    until: float


class Access:
    """The one place that decides about permission, for typed text and clicks alike.

    `tenants` are those that are served; all if empty, which is for a bot on this machine only. `clock` counts
    seconds.
    """

    def __init__(
        self, roles: Roles, names: Names, tenants: Collection[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._roles = roles
        self._names = names
        self._tenants = frozenset(tenant.lower() for tenant in tenants)
        self._clock = clock
        self._answers: dict[str, _Answer] = {}

    async def level(self, person: Person, *, fresh: bool) -> Level:
        """The person's highest level; ANYONE for who has none. Raises Unchecked when that cannot be found out.

        `fresh` asks the directory again: for every change, approval and click.
        """
        if not person.object_id or (self._tenants and person.tenant_id.lower() not in self._tenants):
            return Level.ANYONE
        held = await self._held(person.object_id, fresh=fresh)
        return max((level for level, _ in held), default=Level.ANYONE)

    async def level_of(self, object_id: str) -> Level:
        """The level, asked anew, of somebody whose tenant was looked at before. Raises Unchecked."""
        held = await self._held(spelled(object_id), fresh=True) if spelled(object_id) else ()
        return max((level for level, _ in held), default=Level.ANYONE)

    async def given_by(self, object_id: str) -> Sequence[str]:
        """The names of what gives this person a level."""
        return [name for level, name in await self._held(spelled(object_id), fresh=False) if level > Level.ANYONE]

    def holders(self, level: int) -> Sequence[str]:
        """The names of the groups that give at least this level, the lowest level first."""
        return self._roles.holders(level)

    def way_in(self, level: int) -> str:
        """A sentence that says whom to ask for this level."""
        return self._roles.way_in(level)

    def name(self, object_id: str) -> str:
        """The name this person last wrote under, else the first digits of the object id."""
        return self._names.name(object_id)

    async def object_id(self, upn: str) -> str:
        """The object id behind a user principal name."""
        return await self._roles.object_id(upn)

    async def upn(self, object_id: str) -> str:
        """The user principal name of a person. Raises NotFound, Unavailable."""
        return await self._roles.upn(object_id)

    async def _held(self, object_id: str, *, fresh: bool) -> tuple[tuple[Level, str], ...]:
        known, now = self._answers.get(object_id), self._clock()
        if known is not None and not fresh and now < known.until:
            return known.held
        try:
            held = tuple(await self._roles.groups(object_id))
        except Unavailable as error:
            raise Unchecked(error) from error
        if len(self._answers) >= _MOST_REMEMBERED:
            self._answers.clear()
        self._answers[object_id] = _Answer(held, now + (YES_LASTS if held else NO_LASTS))
        return held
