"""The way of every request of one hub, typed or clicked: what is read is answered here, changes are handed on.

A change goes on in `bot.changes.workflow`; a click on its card comes back here and passes the same gates.
"""

from dataclasses import dataclass

from bot.chat.platform import Click, Message
from bot.dispatch.clicks import ClickHandler
from bot.dispatch.messages import MessageHandler
from cards.views import View


@dataclass(frozen=True)
class Pipeline:
    """Deals with messages and clicks: implements `bot.chat.platform.Listener`."""

    messages: MessageHandler
    clicks: ClickHandler

    @property
    def busy(self) -> bool:
        """True while anything runs that somebody waits for; a change that waits for its approval does not count."""
        return self.messages.workflow.busy or self.clicks.busy

    async def on_message(self, message: Message) -> None:
        """Answer a message, with exactly one card that may be edited until the answer is there."""
        await self.messages.on_message(message)

    async def on_click(self, click: Click) -> View:
        """Deal with a click and return what its card shows now to the one who clicked."""
        return await self.clicks.on_click(click)
