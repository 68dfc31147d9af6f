"""Views as Bot Framework messages: a card with its summary, or plain words where the card is not taken."""

import logging
from collections.abc import Mapping

from bot.teams.private import marked
from bot.teams.reference import ConversationReference
from cards import text
from cards.adaptive import render
from cards.views import View

_LOG = logging.getLogger("jhub_bot.teams.messages")

CARD = "application/vnd.microsoft.card.adaptive"
# Other ways into Teams than a bot's message stop at 28 KB; with room for what wraps the words.
_MAX_WORDS = 20_000


def card_message(reference: ConversationReference, view: View) -> Mapping[str, object]:
    """A message that shows `view` as a card."""
    attachment = {"contentType": CARD, "content": marked(render(view), reference)}
    return {**_envelope(reference), "summary": text.summary(view), "attachments": [attachment]}


def text_message(reference: ConversationReference, view: View) -> Mapping[str, object]:
    """A message that says `view` in words."""
    words = text.render(view)[:_MAX_WORDS]
    return {**_envelope(reference), "summary": text.summary(view), "text": words, "textFormat": "plain"}


def message(reference: ConversationReference, view: View, *, plain: bool) -> Mapping[str, object]:
    """A message for `view`. A card that cannot be drawn is logged and said in words."""
    if not plain:
        try:
            return card_message(reference, view)
        except Exception:  # noqa: BLE001 - said in words it still reaches people
            _LOG.exception("a view of type %s could not be drawn", type(view).__name__)
    return text_message(reference, view)


def edited(reference: ConversationReference, card_id: str, view: View, *, plain: bool) -> Mapping[str, object]:
    """What replaces the message `card_id`.

    For whom it is was settled when it was created: Teams answers 400 to an edit of a targeted message that says so
    again ("Send and receive targeted messages", Microsoft, 2026-06).
    """
    settled = {"entities", "recipient"} if reference.targeted else {"entities"}
    whole = message(reference, view, plain=plain)
    return {**{name: value for name, value in whole.items() if name not in settled}, "id": card_id}


def _envelope(reference: ConversationReference) -> dict[str, object]:
    envelope: dict[str, object] = {
        "type": "message",
        "from": {"id": reference.bot_id, "name": reference.bot_name},
        "conversation": {"id": reference.conversation_id, "tenantId": reference.tenant_id},
    }
    if reference.user_id:
        private = {"isTargeted": True} if reference.targeted else {}
        envelope["recipient"] = {"id": reference.user_id, **private}
    if reference.prompt:
        envelope["entities"] = [{"type": "targetedMessageInfo", "messageId": reference.prompt}]
    # Nothing is a reply to what only one person sees; `targetedMessageInfo` says what is answered.
    if reference.reply_to and not reference.targeted:
        envelope["replyToId"] = reference.reply_to
    return envelope
