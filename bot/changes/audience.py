"""The places where approvers see what is asked: besides its own one, a channel for it and their personal chats.

Who is where changes, and nobody may go on alone because others could not be reached: everything is looked up anew.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from bot.access.access import Access
from bot.changes.model import ChangeRequest
from bot.chat.platform import Besides, Member, Person, Places, Rosters
from bot.store.chats import Chat, Chats
from clients.errors import Unavailable
from commands.framework.command import Level
from commands.framework.errors import UserError

_LOG = logging.getLogger("jhub_bot.audience")

# Of so many people at most it is asked what they may, some at a time.
_MOST_CHATS: Final = 200
_MOST_MEMBERS: Final = 500
_AT_ONCE: Final = 20


async def _nobody_tells(address: str) -> Sequence[Member]:
    del address
    return ()


class Audience:
    """Finds the places. `channel` is the id of the configured channel for approvals, empty where there is none.

    `hears` says why no click can be heard at this moment, empty where all is well.
    """

    def __init__(
        self,
        access: Access,
        places: Places,
        *,
        channel: str = "",
        beside: Besides | None = None,
        roster: Rosters = _nobody_tells,
        chats: Chats | None = None,
        hears: Callable[[], str] = lambda: "",
    ) -> None:
        self._access = access
        self._places = places
        self._channel = channel
        self._beside = beside
        self._roster = roster
        self._chats = chats
        self._hears = hears

    @property
    def deaf(self) -> str:
        """The reason why no click can be heard now, empty where it can."""
        return self._hears()

    async def copies(self, change: ChangeRequest, by: Level) -> Sequence[str]:
        """Return the addresses where the change's card has to stand besides its own place. Raise Unavailable.

        `by` is the level that it takes to answer.

        The channel for approvals sees all that waits for one; personally it is told what was asked for where nobody
        else is, and emergencies.
        """
        own = self._places(change.place)
        found = [self._beside(change.place, self._channel)] if self._channel and self._beside else []
        if own.is_personal or change.emergency:
            found += [self._places(chat.place) for chat in await self._approvers(change.requester, by)]
        return tuple(dict.fromkeys(one.address for one in found if one.own.id != own.own.id))

    async def require(self, change: ChangeRequest, name: str, by: Level) -> None:
        """Raise UserError where nobody else would see the change that waits for their answer; Unavailable."""
        if self._places(change.place).is_personal and not await self.copies(change, by):
            raise UserError(
                f"“{name}” needs somebody else’s answer, and nobody else can see this chat.",
                "Type it in a channel or a group chat where the approvers are.",
                "An approver who has written to the bot personally, if only “hi”, is asked there.",
                "Whoever runs the bot can set approvals.channel: the bot then asks in that channel.",
            )

    async def is_seen(self, change: ChangeRequest, address: str, by: Level) -> bool:
        """Return True if somebody else who may stop the change is in the place. Raise Unavailable.

        The channel for approvals and the personal chats were chosen for that. Of the place where it was asked Teams
        tells who is there; where its list has not even the requester, it tells nothing of the others.
        """
        place = self._places(address)
        if address != change.place or place.own.id == self._channel:
            return True
        if place.is_personal:
            return False
        members = await self._roster(address)
        people = [Person(one.object_id, change.requester.tenant_id, "") for one in members[:_MOST_MEMBERS]]
        if not any(one.is_same(change.requester) for one in people):
            return True
        return bool(await self._who_may(people, change.requester, by, fewest=1))

    async def _approvers(self, requester: Person, by: Level) -> Sequence[Chat]:
        """Return the personal chats of those who may approve what this person asks for."""
        if self._chats is None:
            return ()
        found = {chat.person.object_id: chat for chat in await self._chats.found(_MOST_CHATS)}
        able = await self._who_may([chat.person for chat in found.values()], requester, by)
        await self._chats.note(able)
        return [found[one.object_id] for one in able]

    async def _who_may(
        self, people: Sequence[Person], requester: Person, by: Level, fewest: int = 0
    ) -> Sequence[Person]:
        """Return those of them who have the level; with `fewest`, look no more up than it takes to find so many."""
        others, able = [one for one in people if one.object_id and not one.is_same(requester)], list[Person]()
        for start in range(0, len(others), _AT_ONCE):
            part = others[start : start + _AT_ONCE]
            levels = await asyncio.gather(*(self._level(one) for one in part))
            able += [one for one, level in zip(part, levels, strict=True) if level >= by]
            if fewest and len(able) >= fewest:
                break
        return able

    async def _level(self, person: Person) -> Level:
        try:
            return await self._access.level(person, fresh=False)
        except Unavailable as error:
            _LOG.warning("nobody can tell whether %s may approve: %s", person.object_id, error)
            return Level.ANYONE
