"""Messages to one person alone, which a change sends in the name of who asked for it."""

from bot.changes.repository import Changes
from bot.chat.platform import PersonalChats
from cards.views import Notice
from clients.errors import NotFound


class Personal:
    """Direct messages: implements `commands.ports.operations.MessageWrites`."""

    def __init__(self, changes: Changes, chats: PersonalChats) -> None:
        self._changes = changes
        self._chats = chats

    async def send(self, operation: str, object_id: str, view: Notice) -> None:
        """Write to a person; what the platform does not take at once is tried further. Raise NotFound, Unavailable."""
        known = await self._changes.get(operation)
        if known is None:
            raise LookupError(f"change {operation} is not on record")
        posted = await (await self._chats(known.place, object_id)).post(view)
        if posted.is_banished or posted.is_lost:
            raise NotFound("the bot may not write to them")
