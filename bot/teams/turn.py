"""State of a turn of Bot Framework that is this bot's own, beside the activity: the delivery, as it was checked.

Handlers and middleware find it by the functions below; everything else of a turn is botbuilder's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from botbuilder.core import BotAdapter, InvokeResponse, TurnContext
from botbuilder.schema import Activity

from bot.instrumentation.correlation import id_of
from bot.teams.conversations.reference import ConversationReference
from bot.teams.conversations.targeted import answered
from bot.teams.delivery import Delivery

_DELIVERY: Final = "jhub.delivery"
_REFERENCE: Final = "jhub.reference"
_INSTEAD: Final = "jhub.answer"
# Bot Framework's own key, so that whatever of botbuilder looks for an answer finds it.
_ANSWER: Final = "BotFrameworkAdapter.InvokeResponse"


@dataclass(frozen=True)
class Reply:
    """Answer to a delivery: an HTTP status and a JSON body, which invokes must have."""

    status: int
    body: Mapping[str, object] | None = None


def begun(adapter: BotAdapter, activity: Activity, delivery: Delivery) -> TurnContext:
    """Return a turn for a delivery."""
    context = TurnContext(adapter, activity)
    context.turn_state[_DELIVERY] = delivery
    context.turn_state[_REFERENCE] = reference_of(delivery)
    return context


def continued(adapter: BotAdapter, activity: Activity, reference: ConversationReference) -> TurnContext:
    """Return a turn that nobody's message began."""
    context = TurnContext(adapter, activity)
    context.turn_state[_REFERENCE] = reference
    return context


def delivered(context: TurnContext) -> Delivery:
    """Return the delivery of a turn. Raise LookupError in a turn that the bot began by itself."""
    if (delivery := from_outside(context)) is None:
        raise LookupError("nothing was delivered: the bot began this turn by itself")
    return delivery


def from_outside(context: TurnContext) -> Delivery | None:
    """Return the delivery of a turn, None in a turn that the bot began by itself."""
    delivery = context.turn_state.get(_DELIVERY)
    return delivery if isinstance(delivery, Delivery) else None


def place_of(context: TurnContext) -> ConversationReference:
    """Return the reference of the place that the turn's messages go to. Raise TypeError for another adapter's turn."""
    reference = context.turn_state[_REFERENCE]
    if not isinstance(reference, ConversationReference):
        raise TypeError("the turn was begun by another adapter")
    return reference


def answer_of(context: TurnContext) -> InvokeResponse | None:
    """Return what the handler, or whatever else of the turn, has answered to its invoke, if anything."""
    sent = context.turn_state.get(_ANSWER)
    return sent.value if isinstance(sent, Activity) and isinstance(sent.value, InvokeResponse) else None


def answer(context: TurnContext, sent: Activity) -> None:
    """Store the activity `invokeResponse` that the turn has sent."""
    context.turn_state[_ANSWER] = sent


def final_answer(context: TurnContext) -> InvokeResponse | None:
    """Return the answer for Teams: what stands in for the handler's answer, if anything does, else that."""
    instead = context.turn_state.get(_INSTEAD)
    return instead if isinstance(instead, InvokeResponse) else answer_of(context)


def answer_instead(context: TurnContext, response: InvokeResponse | None) -> None:
    """Have Teams get this answer, whatever the handler answers, now or later."""
    context.turn_state[_INSTEAD] = response


def correlation_of(delivery: Delivery) -> str:
    """Return the id of what comes of it, the same at each delivery: see `bot.chat.platform.Message.correlation`."""
    return id_of(delivery.conversation_id, delivery.id)


def reference_of(delivery: Delivery) -> ConversationReference:
    """Return the place where a message is answered, or that the press of a button leads to."""
    reference = ConversationReference(
        service_url=delivery.service_url,
        conversation_id=delivery.conversation_id,
        tenant_id=tenant_of(delivery),
        bot_id=delivery.recipient.id,
        bot_name=delivery.recipient.name,
        user_id=delivery.sender.id,
        reply_to=delivery.id if delivery.type == "message" else delivery.reply_to,
        team_id=delivery.team_id,
    )
    return answered(reference, delivery, delivery.action)


def tenant_of(delivery: Delivery) -> str:
    """Return the tenant that the sender acts in; empty where none is named."""
    return min(delivery.tenants, default="")
