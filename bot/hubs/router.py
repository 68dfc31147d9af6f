"""Routes messages and clicks to the hub that they are for. From there on each hub has parts of its own."""

import logging
from collections.abc import Callable
from dataclasses import replace

from bot.changes import replies
from bot.chat.intercepted import InterceptedConversation, ViewEvent
from bot.chat.platform import Click, Listener, Message
from bot.hubs.labels import CARRIED
from bot.hubs.selection import HubSelection
from bot.instrumentation.outcomes import Outcome
from cards.views import Notice, Tone, View
from clients.errors import Unavailable
from commands.framework.errors import UserError
from commands.framework.hub_option import named

_LOG = logging.getLogger("jhub_bot.hubs")


class Router:
    """Hands messages and clicks to the hubs' own listeners. A card of before there were several is the first hub's."""

    def __init__(
        self,
        listener_of: Callable[[str], Listener | None],
        selection: HubSelection,
        ended: Callable[[Outcome], None] = lambda _: None,
    ) -> None:
        """`listener_of` gives a hub's listener by its name, None where there is no such hub.

        `ended` is told how each message ended that reached no hub.
        """
        self._listener_of = listener_of
        self._selection = selection
        self._ended = ended

    async def on_message(self, message: Message) -> None:
        """Hand a message to the hub that it names, else to the one that is selected where it was written."""
        try:
            hub, rest = named(message.text)
            hub = await self._selection.asked(message.conversation, hub)
            listener = self._listener(hub)
        except UserError as error:
            await self._refuse(message, replies.invalid(error), Outcome.INVALID)
        except Unavailable as error:
            _LOG.warning("message %s reached no hub: %s", message.id, error)
            await self._refuse(message, replies.unavailable(error), Outcome.UNAVAILABLE)
        else:
            text = message.text if rest is None else rest
            place = self._selection.place(hub, message.conversation)
            await listener.on_message(replace(message, text=text, conversation=place))

    def _listener(self, hub: str) -> Listener:
        listener = self._listener_of(hub)
        if listener is None:
            raise LookupError(f"the hub {hub} has no listener")
        return listener

    async def _refuse(self, message: Message, view: View, outcome: Outcome) -> None:
        message.taken.set()
        await message.conversation.post(view)
        self._ended(outcome)

    async def on_click(self, click: Click) -> View:
        """Hand a click to the hub whose card it was, and return what the card shows now."""
        hub = click.data.get(CARRIED, self._selection.first)
        listener = self._listener_of(hub)
        if listener is None:
            return Notice("This card is no longer active", "The bot no longer runs that hub.", Tone.WARNING)
        place = self._selection.place(hub, click.conversation)
        view = await listener.on_click(replace(click, conversation=place))
        return place.shown(ViewEvent.ANSWERED, view) if isinstance(place, InterceptedConversation) else view
