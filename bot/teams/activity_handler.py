"""The bot's activity handler: it makes messages and clicks of `bot.chat` out of Bot Framework's activities."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar, Final

from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler
from msrest.exceptions import DeserializationError

from bot.chat.platform import Click, Conversation, Listener, Message, Person, TooMuch
from bot.teams.background import Background
from bot.teams.conversations.reference import ConversationReference
from bot.teams.conversations.targeted import marked, unmarked
from bot.teams.delivery import BotRemoved, CardAction, Delivery
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable
from bot.teams.errors import RequestRejected
from bot.teams.middleware import NOTE, invoke_response
from bot.teams.outbox.conversation import TeamsConversation
from bot.teams.outbox.outbox import Outbox
from bot.teams.outbox.rendering import CARD
from bot.teams.roster import member_of
from bot.teams.turn import delivered, reference_of, tenant_of
from cards.adaptive import render
from clients.errors import Unavailable
from commands.framework.usage import quoted

_LOG = logging.getLogger("jhub_bot.teams")

_TAKEN_WITHIN: Final = 5.0
ROSTER_WITHIN: Final = 5.0
_ERROR: Final = "application/vnd.microsoft.error"

Forget = Callable[[Callable[[str], bool]], Awaitable[None]]
Welcome = Callable[[Conversation, str], Awaitable[None]]
Met = Callable[[Person, str], Awaitable[None]]


async def _keep_all(_: Callable[[str], bool]) -> None:
    """Forget no places."""


async def _say_nothing(_place: Conversation, _by: str) -> None:
    """Greet nobody."""


async def _meet_nobody(_person: Person, _address: str) -> None:
    """Remember nobody."""


class JHubActivityHandler(TeamsActivityHandler):
    """Handler that passes messages and clicks to `listener`. A turn ends once its activity need not come again.

    With `notices`, a message that is worked on gets a reaction where Teams has them (since 2026-07).

    A further ability of Teams is a subclass with the method of `TeamsActivityHandler` for it; where it is an invoke,
    `invokes` must name it, for all others are answered with 501 whatever is in them. docs/architecture.md has examples.
    """

    invokes: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        listener: Listener,
        outbox: Outbox,
        background: Background,
        *,
        forget: Forget | None = None,
        welcome: Welcome | None = None,
        met: Met | None = None,
        notices: bool = False,
    ) -> None:
        super().__init__()
        self._listener = listener
        self._outbox = outbox
        self._background = background
        self._forget = forget or _keep_all
        self._welcome = welcome or _say_nothing
        self._met = met or _meet_nobody
        self._notices = notices

    # What Bot Framework calls

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Have a message handled; return once it need not be delivered again."""
        delivery = delivered(turn_context)
        if delivery.sender.is_bot or delivery.sender.id == delivery.recipient.id:
            return
        message = Message(
            id=delivery.id,
            sender=_person(delivery),
            text=delivery.text,
            conversation=self._place(delivery),
        )
        _LOG.info("message %s, correlation=%s", delivery.id, message.correlation)
        self._background.start(self._guarded(message, delivery))
        self._background.start(self._remembered(delivery))
        if self._notices and not delivery.targeted:
            self._background.start_aside(self._outbox.notice(reference_of(delivery), delivery.id))
        with suppress(TimeoutError):
            # Long before Teams would deliver it again: what is not on record by then is done all the same.
            async with asyncio.timeout(_TAKEN_WITHIN):
                await message.taken.wait()

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Answer a click with the card that it leads to, and whatever else `invokes` names by its method.

        botbuilder's own way to clicks (`on_adaptive_card_invoke`, 4.17.1) warns about each, and can answer with what
        is no JSON.
        """
        delivery = delivered(turn_context)
        if delivery.action is not None:
            return await self._click(delivery, delivery.action)
        if delivery.name not in self.invokes:
            return InvokeResponse(status=501, body={"error": "this bot does not support that invoke"})
        if not isinstance(delivery.content.get("value"), dict):
            raise RequestRejected(400, "the value of that invoke must be an object")
        try:
            return await super().on_invoke_activity(turn_context)
        except DeserializationError:
            raise RequestRejected(400, "the value of that invoke is not one of its kind") from None

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Greet where the bot was added, forget where it was removed; of other people's coming nothing is asked.

        botbuilder's own way (`on_teams_members_added_dispatch`, 4.17.1) asks the connector about everybody who came.
        """
        await self._moved(turn_context)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        """Greet where the app was added, forget where it was removed."""
        await self._moved(turn_context)

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        """Leave events alone: read receipts and meetings are nothing to this bot."""

    async def on_message_update_activity(self, turn_context: TurnContext) -> None:
        """Leave edited messages alone: what was asked for first may be done already."""

    async def on_message_delete_activity(self, turn_context: TurnContext) -> None:
        """Leave deleted messages alone, for the same reason."""

    # Coming and going

    async def _moved(self, context: TurnContext) -> None:
        delivery = delivered(context)
        if delivery.removal is not None:
            await self._removed(delivery.removal)
        if delivery.arrival and delivery.service_url:
            self._background.start(self._arrived(delivery))

    async def _removed(self, removal: BotRemoved) -> None:
        _LOG.warning("removed from %s", removal.team_id or removal.conversation_id)
        await self._forget(lambda address: ConversationReference.from_address(address).is_in(removal))

    async def _arrived(self, delivery: Delivery) -> None:
        _LOG.info("added to %s", delivery.arrival)
        reference = ConversationReference(
            service_url=delivery.service_url,
            conversation_id=delivery.arrival,
            tenant_id=tenant_of(delivery),
            bot_id=delivery.recipient.id,
            bot_name=delivery.recipient.name,
            team_id=delivery.team_id,
            a_channel=bool(delivery.team_id),
        )
        try:
            by = "" if delivery.sender.is_bot else delivery.sender.name
            await self._welcome(TeamsConversation(self._outbox, reference), by)
            await self._meet(delivery, reference)
        except Unavailable as error:
            _LOG.warning("nobody was greeted in %s: %s", delivery.arrival, error)
        except Exception:  # noqa: BLE001 - the platform has its acknowledgement: only the log is left
            _LOG.exception("nobody was greeted in %s", delivery.arrival)

    # Messages

    async def _meet(self, delivery: Delivery, reference: ConversationReference) -> None:
        """Report the person whose personal chat this is, if it is one."""
        alone = reference.is_personal and delivery.conversation_type in ("", "personal")
        if alone and delivery.sender.object_id and not delivery.sender.is_bot:
            await self._met(_person(delivery), TeamsConversation(self._outbox, reference.own).address)

    async def _remembered(self, delivery: Delivery) -> None:
        try:
            await self._meet(delivery, self._place(delivery).reference)
        except Unavailable as error:
            _LOG.warning("a personal chat is not remembered: %s", error)

    async def _named(self, message: Message, delivery: Delivery) -> Message:
        """Return the message with each mentioned person by UPN, as commands want them, where Teams tells it."""
        if not delivery.people:
            return message
        try:
            async with asyncio.timeout(ROSTER_WITHIN):
                listed = await self._outbox.members(self._place(delivery).reference.own)
        except (TimeoutError, NotDelivered, DeliveryUnknown, Unacceptable, ConversationGone) as error:
            _LOG.warning("who is mentioned was not told: %s", type(error).__name__)
            return message
        upns = {one.get("id"): member_of(one).upn for one in listed}
        text = message.text
        for name, account in delivery.people.items():
            if upn := upns.get(account):
                text = text.replace(f'"{name}"', quoted(upn))
        return replace(message, text=text)

    async def _guarded(self, message: Message, delivery: Delivery) -> None:
        try:
            await self._listener.on_message(await self._named(message, delivery))
        except Exception:  # noqa: BLE001 - the platform has its acknowledgement: only the log is left
            _LOG.exception("reference=%s message=%s failed", message.correlation, message.id)
        finally:
            message.taken.set()

    # Clicks

    async def _click(self, delivery: Delivery, action: CardAction) -> InvokeResponse:
        place = self._place(delivery)
        click = Click(
            id=delivery.id,
            sender=_person(delivery),
            verb=action.verb,
            data=unmarked(action.data),
            conversation=place,
            card_id=delivery.reply_to,
        )
        try:
            async with self._outbox.clicked(place.reference, delivery.reply_to):
                card = render(await self._listener.on_click(click))
                return invoke_response(200, CARD, marked(card, place.reference))
        except TooMuch as excess:
            return invoke_response(200, NOTE, str(excess))
        except Exception:  # noqa: BLE001 - a bug: the log gets it, the person a reference
            reference = secrets.token_hex(4)
            _LOG.exception("reference=%s click=%s failed", reference, delivery.id)
            words = f"Something went wrong in the bot. Reference for whoever runs it: {reference}"
            return invoke_response(500, _ERROR, {"code": "BotError", "message": words})

    def _place(self, delivery: Delivery) -> TeamsConversation:
        return TeamsConversation(self._outbox, reference_of(delivery))


def _person(delivery: Delivery) -> Person:
    return Person(delivery.sender.object_id, tenant_of(delivery), delivery.sender.name)
