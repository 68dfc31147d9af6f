"""Chats of the bot with one person: Teams has one for each, which the bot may begin where its app is known.

That is where somebody has the app installed for themselves, or is in a team or a chat that has it: of those the roster
tells by which id Teams knows them (Bot Framework, "proactive messages").
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.chat.object_ids import object_id as spelled
from bot.runtime.clock import Clock
from bot.teams.conversations.reference import ConversationReference
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable
from clients.errors import NotFound, Unavailable

_LOG = logging.getLogger("jhub_bot.teams.personal")

# How long a roster is believed, in seconds: as long as it takes to write to everybody on it.
_BELIEVED: Final = 60.0
_TRIES: Final = 4
_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 20.0

Json = Mapping[str, object]
Members = Callable[[ConversationReference], Awaitable[list[Json]]]
Begin = Callable[[ConversationReference, str], Awaitable[str]]


class DirectChats:
    """Finder of personal chats. `begin` begins them and `members` reads rosters; both raise the connector's errors."""

    def __init__(self, begin: Begin, members: Members, clock: Clock) -> None:
        self._begin = begin
        self._members = members
        self._clock = clock
        self._rosters: dict[str, tuple[float, dict[str, str]]] = {}

    async def find(self, place: ConversationReference, object_id: str) -> ConversationReference:
        """Return the chat with a person, as reached from `place`. Raise NotFound, Unavailable."""
        known = (await self._roster(place)).get(spelled(object_id))
        chat = await self._patiently(lambda: self._begin(place, known or object_id))
        if not chat:
            raise Unavailable("Teams", "did not say how to write to them")
        own = replace(place.own, conversation_id=chat, team_id="", a_channel=False)
        return replace(own, user_id=known or "")

    async def _roster(self, place: ConversationReference) -> dict[str, str]:
        """Return ids in Teams by object id; none where Teams does not tell: people may have the app for themselves."""
        where = place.team_id or place.own.conversation_id
        now = self._clock.now()
        asked, known = self._rosters.get(where, (now - 2 * _BELIEVED, {}))
        if now - asked > _BELIEVED:
            try:
                listed = await self._members(replace(place, conversation_id=where))
            except (NotDelivered, DeliveryUnknown, Unacceptable, ConversationGone) as error:
                _LOG.warning("the roster of %s is not told: %s", where, error)
                listed = []
            known = {key: str(one["id"]) for one in listed if (key := _object_id(one)) and one.get("id")}
            self._rosters = {where: (now, known)}
        return known

    async def _patiently(self, begin: Callable[[], Awaitable[str]]) -> str:
        """Begin the chat, with pauses: Teams lets a bot begin only some chats a second; asking again does no harm."""
        for tries in range(_TRIES):
            try:
                return await begin()
            except (NotDelivered, DeliveryUnknown) as error:
                pause = getattr(error, "retry_after", None) or _PAUSE * 2**tries
                if tries == _TRIES - 1 or pause > _LONGEST_PAUSE:
                    raise Unavailable("Teams", f"did not start the chat ({error})") from None
                await self._clock.wait(asyncio.Event(), pause)
            except (ConversationGone, Unacceptable) as error:
                _LOG.info("no personal chat: %s", error)
                raise NotFound("Teams does not let the bot write to them: they do not have the app") from None
        raise AssertionError("unreachable")


def _object_id(listed: Json) -> str:
    return spelled(str(listed.get("aadObjectId") or listed.get("objectId") or ""))
