"""The level of a caller, who is the object id that the platform vouches for, in a tenant that is served.

Levels come from Entra groups, asked of Microsoft Graph, or from a team's roster. Whoever cannot be looked up may do
nothing: nobody gets in by an outage.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from bot.access.names import Names
from bot.access.ports import Roles
from bot.chat.object_ids import object_id as spelled
from bot.chat.platform import Person
from clients.errors import Forbidden, Unavailable
from commands.framework.command import Level

# How long an answer of the directory is believed, in seconds; never for a change or an approval.
YES_LASTS: Final = 300.0


NO_LASTS: Final = 30.0


_MOST_REMEMBERED: Final = 10_000


class AccessUnknown(Unavailable):
    """The level of a person cannot be found out. `remedy` is what to do where the bot lacks a right, else empty."""

    def __init__(self, error: Unavailable) -> None:
        super().__init__("Your permission", f"could not be checked: {error}")
        self.remedy = error.remedy if isinstance(error, Forbidden) else ""


@dataclass(frozen=True)
class _Answer:
    held: tuple[tuple[Level, str], ...]
    until: float


class Access:
    """The one place that decides about permission, for typed text and clicks alike.

    `tenants` are those that are served; all if empty, which is for a bot on this machine only. `clock` counts seconds.
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
        """Return the person's highest level; ANYONE for a person without one. Raise AccessUnknown.

        `fresh` asks the directory again: for every change, approval and click.
        """
        if not person.object_id or (self._tenants and person.tenant_id.lower() not in self._tenants):
            return Level.ANYONE
        held = await self._held(person.object_id, fresh=fresh)
        return max((level for level, _ in held), default=Level.ANYONE)

    async def level_of(self, object_id: str) -> Level:
        """Return the level, asked anew, of somebody whose tenant was checked before. Raise AccessUnknown."""
        held = await self._held(spelled(object_id), fresh=True) if spelled(object_id) else ()
        return max((level for level, _ in held), default=Level.ANYONE)

    async def groups_of(self, object_id: str) -> Sequence[str]:
        """Return the names of the groups or roles that give this person a level."""
        return [name for level, name in await self._held(spelled(object_id), fresh=False) if level > Level.ANYONE]

    def holders(self, level: int) -> Sequence[str]:
        """Return the names of the groups that give at least this level, the lowest level first."""
        return self._roles.holders(level)

    def way_in(self, level: int) -> str:
        """Return a sentence that says whom to ask for this level."""
        return self._roles.way_in(level)

    def name(self, object_id: str) -> str:
        """Return the name this person last wrote under, else the first digits of the object id."""
        return self._names.name(object_id)

    async def object_id(self, upn: str) -> str:
        """Return the object id behind a user principal name. Raise NotFound, Unavailable."""
        return await self._roles.object_id(upn)

    async def is_in_directory(self, upn: str) -> bool | None:
        """Return True if somebody has that name; None where nobody can tell of people outside a team."""
        return await self._roles.is_in_directory(upn)

    async def upn(self, object_id: str) -> str:
        """Return the user principal name of a person. Raise NotFound, Unavailable."""
        return await self._roles.upn(object_id)

    async def _held(self, object_id: str, *, fresh: bool) -> tuple[tuple[Level, str], ...]:
        known, now = self._answers.get(object_id), self._clock()
        if known is not None and not fresh and now < known.until:
            return known.held
        try:
            held = tuple(await self._roles.groups(object_id))
        except Unavailable as error:
            raise AccessUnknown(error) from error
        if len(self._answers) >= _MOST_REMEMBERED:
            self._answers.clear()
        self._answers[object_id] = _Answer(held, now + (YES_LASTS if held else NO_LASTS))
        return held
