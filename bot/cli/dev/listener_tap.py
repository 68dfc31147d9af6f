"""Tap on what the bot says, for a terminal: the views themselves, before they become a platform's cards."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.chat.intercepted import InterceptedConversation, ViewEvent
from bot.chat.platform import Click, Conversation, Listener, Message
from cards.views import View

Sink = Callable[[ViewEvent, View], None]


@dataclass(frozen=True)
class Overheard:
    """Listener that passes everything on and calls `sink` with every view that is shown."""

    listener: Listener
    sink: Sink

    async def on_message(self, message: Message) -> None:
        """Pass the message on, its conversation overheard."""
        await self.listener.on_message(replace(message, conversation=overheard(message.conversation, self.sink)))

    async def on_click(self, click: Click) -> View:
        """Pass the click on, and the view for the person who clicked to `sink`."""
        view = await self.listener.on_click(click)
        self.sink(ViewEvent.ANSWERED, view)
        return view


def overheard(conversation: Conversation, sink: Sink) -> Conversation:
    """Return a conversation that calls `sink` with every view that is shown."""

    def heard(said: ViewEvent, view: View, _: Conversation) -> View:
        sink(said, view)
        return view

    return InterceptedConversation(conversation, heard)
