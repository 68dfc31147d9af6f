"""Bot Framework's adapter over this bot's own transport.

A turn comes in by `process`, once `bot.teams.auth.inbound` has let its request in, or by `continue_conversation`;
it goes through the middleware to a handler. What a turn sends leaves by the outbox, as the bot's cards do: paced,
repeated where that does no harm, created once at most. Nothing of botbuilder's own transport is used
(docs/decisions/0009).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import Activity, ResourceResponse
from botbuilder.schema import ConversationReference as FrameworkReference
from msrest.exceptions import DeserializationError

from bot.runtime.clock import Clock
from bot.teams.conversations.reference import ConversationReference
from bot.teams.delivery import Delivery
from bot.teams.errors import RequestRejected
from bot.teams.outbox.outbox import Outbox
from bot.teams.outbox.rendering import Prepared, Removed
from bot.teams.turn import Reply, answer, begun, continued, final_answer, place_of

Logic = Callable[[TurnContext], Awaitable[object]]

CHANNEL: Final = "msteams"
"""How Bot Framework names Teams among the channels that a bot can be reached by."""
_LONGEST_DELAY: Final = 30.0


class TeamsAdapter(BotAdapter):
    """Adapter that runs turns. Sending raises Unavailable where Teams took nothing and will not."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        super().__init__()
        self._outbox = outbox
        self._clock = clock

    async def process(self, delivery: Delivery, logic: Logic) -> Reply:
        """Run the turn of a delivery and return its answer. Raise RequestRejected, and what the logic raises."""
        activity = _activity(delivery)
        # Teams never asks for the answers in its response, and what is sent so has no id, no pace, no repetition.
        activity.delivery_mode = None
        context = begun(self, activity, delivery)
        await self.run_pipeline(context, logic)
        response = final_answer(context)
        return Reply(200) if response is None else Reply(response.status, response.body)

    async def continue_conversation(
        self,
        reference: FrameworkReference | ConversationReference,
        callback: Logic,
        bot_id: str | None = None,
        claims_identity: object = None,
        audience: str | None = None,
    ) -> None:
        """Run a turn in a conversation without a message of it, to say there what nobody asked for.

        `reference` is Bot Framework's or this package's own. What comes after `callback` is for adapters that serve
        several bots; here it is not looked at.
        """
        del bot_id, claims_identity, audience
        own = reference if isinstance(reference, ConversationReference) else from_framework(reference)
        activity = Activity.deserialize(_continuation(own))
        await self.run_pipeline(continued(self, activity, own), callback)

    async def send_activities(self, context: TurnContext, activities: Sequence[Activity]) -> list[ResourceResponse]:
        """Send one after the other; each answer has the message's id, empty where Teams has not given it yet."""
        return [await self._send(context, activity) for activity in activities]

    async def _send(self, context: TurnContext, activity: Activity) -> ResourceResponse:
        match activity.type:
            case "invokeResponse":
                answer(context, activity)
            case "delay":
                if seconds := _seconds(activity.value):
                    await self._clock.wait(asyncio.Event(), seconds)
            case "trace":
                # For Bot Framework's emulator; Teams refuses it.
                pass
            case _:
                return ResourceResponse(id=await self._outbox.put(place_of(context), Prepared(_json(activity))))
        return ResourceResponse(id="")

    async def update_activity(self, context: TurnContext, activity: Activity) -> ResourceResponse:
        """Replace the message with the id of `activity`. Raise ValueError where it has none."""
        _check_id(activity.id)
        await self._outbox.put(place_of(context), Prepared(_json(activity)), activity.id)
        return ResourceResponse(id=activity.id)

    async def delete_activity(self, context: TurnContext, reference: FrameworkReference) -> None:
        """Delete a message of the bot; one that is not there any more is none. Raise ValueError without its id."""
        _check_id(reference.activity_id)
        await self._outbox.put(place_of(context), Removed.REMOVED, reference.activity_id)


def from_framework(reference: FrameworkReference) -> ConversationReference:
    """Return this package's reference for one of Bot Framework's. Raise ValueError if it names no place or no bot."""
    conversation, bot, user = reference.conversation, reference.bot, reference.user
    if conversation is None or bot is None or not (reference.service_url and conversation.id and bot.id):
        raise ValueError("the reference names no conversation, no bot or no service")
    return ConversationReference(
        service_url=reference.service_url,
        conversation_id=conversation.id,
        tenant_id=conversation.tenant_id or "",
        bot_id=bot.id,
        bot_name=bot.name or "",
        user_id=(user.id or "") if user else "",
        reply_to=reference.activity_id or "",
    )


def _continuation(reference: ConversationReference) -> dict[str, object]:
    """Return the activity of a turn that the bot begins, as botbuilder names it."""
    return {
        "type": "event",
        "name": "ContinueConversation",
        "channelId": CHANNEL,
        "serviceUrl": reference.service_url,
        "conversation": {"id": reference.conversation_id, "tenantId": reference.tenant_id},
        "recipient": {"id": reference.bot_id, "name": reference.bot_name},
        "from": {"id": reference.user_id},
    }


def _activity(delivery: Delivery) -> Activity:
    # What is in these lists and no object says nothing, and must not cost anybody their message.
    lists = {name: _objects(delivery.content[name]) for name in ("entities", "attachments") if name in delivery.content}
    try:
        return Activity.deserialize({**delivery.content, **lists})
    except (DeserializationError, AttributeError, TypeError, ValueError, OverflowError) as error:
        raise RequestRejected(400, f"the activity is not one of Bot Framework's: {type(error).__name__}") from None


def _check_id(message: str | None) -> None:
    if not message:
        raise ValueError("which message is meant is not said: it has no id")


def _objects(value: object) -> list[object]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _json(activity: Activity) -> Mapping[str, object]:
    content = activity.serialize()
    # Of fields that it does not know, msrest (0.7.1) keeps what arrived and drops what is sent.
    return {**(activity.additional_properties or {}), **content}


def _seconds(value: object) -> float:
    """Return the seconds that a `delay` activity asks to wait; it gives milliseconds."""
    return min(value / 1000, _LONGEST_DELAY) if isinstance(value, int | float) and value > 0 else 0.0
