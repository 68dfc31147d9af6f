"""Which hub a message or a click is for. From there on each hub has parts of its own."""

import logging
from collections.abc import Callable, Mapping
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
        self, hubs: Mapping[str, Listener], meant: HubSelection, ended: Callable[[Outcome], None] = lambda _: None
    ) -> None:
        self._hubs = hubs
        self._first = next(iter(hubs))
        self._meant = meant
        self._ended = ended

    async def on_message(self, message: Message) -> None:
        """Hand it to the hub that it names, else to the one that is meant where it was written."""
        try:
            hub, rest = named(message.text)
            hub = await self._meant.asked(message.conversation, hub)
        except UserError as error:
            await self._refuse(message, replies.invalid(error), Outcome.INVALID)
        except Unavailable as error:
            _LOG.warning("message %s reached no hub: %s", message.id, error)
            await self._refuse(message, replies.unavailable(error), Outcome.UNAVAILABLE)
        else:
            text = message.text if rest is None else rest
            await self._hubs[hub].on_message(
                replace(message, text=text, conversation=self._meant.place(hub, message.conversation))
            )

    async def _refuse(self, message: Message, view: View, outcome: Outcome) -> None:
        message.taken.set()
        await message.conversation.post(view)
        self._ended(outcome)

    async def on_click(self, click: Click) -> View:
        """Hand it to the hub whose card it was."""
        hub = click.data.get(CARRIED, self._first)
        if hub not in self._hubs:
            return Notice("This card is no longer active", "The bot no longer runs that hub.", Tone.WARNING)
        place = self._meant.place(hub, click.conversation)
        view = await self._hubs[hub].on_click(replace(click, conversation=place))
        return place.shown(ViewEvent.ANSWERED, view) if isinstance(place, InterceptedConversation) else view
