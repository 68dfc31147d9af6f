"""Views as Bot Framework messages: a card with its summary, or plain text where the card is not taken."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from bot.teams.conversations.reference import ConversationReference
from bot.teams.conversations.targeted import marked
from cards import text
from cards.adaptive import render
from cards.views import View

_LOG = logging.getLogger("jhub_bot.teams.messages")

CARD = "application/vnd.microsoft.card.adaptive"
# Other ways into Teams than a bot's message stop at 28 KB; with room for what wraps the words.
_MAX_WORDS = 20_000


# What an activity of anybody's making does not say itself: where it goes to, and in answer to what, is the outbox's.
_ENVELOPE = frozenset(
    {"id", "from", "conversation", "recipient", "replyToId", "serviceUrl", "channelId", "localTimezone", "callerId"}
)


@dataclass(frozen=True)
class Prepared:
    """Activity that somebody else than `cards` has made, as JSON of Bot Framework's schema, version 3."""

    content: Mapping[str, object]

    @property
    def is_fleeting(self) -> bool:
        """True if it is worth nothing later, as the sign that the bot is typing is; a message is worth it."""
        return self.content.get("type") != "message"


class Removed(Enum):
    """State of a message that nobody is to see any more."""

    REMOVED = auto()


Wanted = View | Prepared | Removed
"""What a message can be wanted to be."""


def card_message(reference: ConversationReference, view: View) -> Mapping[str, object]:
    """Return a message that shows `view` as a card."""
    attachment = {"contentType": CARD, "content": marked(render(view), reference)}
    return {**_envelope(reference), "summary": text.summary(view), "attachments": [attachment]}


def text_message(reference: ConversationReference, view: View) -> Mapping[str, object]:
    """Return a message that says `view` in plain text."""
    words = text.render(view)[:_MAX_WORDS]
    return {**_envelope(reference), "summary": text.summary(view), "text": words, "textFormat": "plain"}


def message(reference: ConversationReference, view: View | Prepared, *, plain: bool) -> Mapping[str, object]:
    """Return a message for `view`. A card that cannot be drawn is logged and said in plain text."""
    if isinstance(view, Prepared):
        return _prepared(reference, view, plain=plain)
    if not plain:
        try:
            return card_message(reference, view)
        except Exception:  # noqa: BLE001 - said in words it still reaches people
            _LOG.exception("a view of type %s could not be drawn", type(view).__name__)
    return text_message(reference, view)


def _prepared(reference: ConversationReference, prepared: Prepared, *, plain: bool) -> Mapping[str, object]:
    content = {name: value for name, value in prepared.content.items() if name not in _ENVELOPE}
    if plain:
        words = content.get("text") or content.get("summary") or "Something could not be shown here."
        content = {**content, "attachments": [], "text": words}
    envelope = _envelope(reference)
    entities = [*_listed(envelope.get("entities")), *_listed(content.get("entities"))]
    return {**envelope, **content, **({"entities": entities} if entities else {})}


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def edited(
    reference: ConversationReference, card_id: str, view: View | Prepared, *, plain: bool
) -> Mapping[str, object]:
    """Return what replaces the message `card_id`.

    For whom it is was settled when it was created: Teams answers 400 to an edit of a targeted message that says so
    again ("Send and receive targeted messages", Microsoft, 2026-06).
    """
    settled = {"recipient"} if reference.targeted else set()
    if not isinstance(view, Prepared) or reference.prompt:
        settled |= {"entities"}
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
