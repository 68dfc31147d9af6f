"""The card that shows that a slow query is still being answered."""

from bot.changes import replies
from bot.chat.platform import Message, Posted
from cards.views import View


class SlowCard:
    """The one card of an answer: posted when there is something to show, edited if something was shown before."""

    def __init__(self, message: Message) -> None:
        self._conversation = message.conversation
        self._posted: Posted | None = None

    async def show(self) -> None:
        """Say that the answer takes a moment."""
        self._posted = await self._conversation.post(replies.working())

    async def finish(self, view: View) -> None:
        """Show `view` as the card's last state."""
        if self._posted is None:
            self._posted = await self._conversation.post(view)
        else:
            await self._posted.finish(view)
