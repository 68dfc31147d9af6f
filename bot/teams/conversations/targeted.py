"""Targeted messages, which only one person and the bot see: how they arrive, and cards that know it of themselves.

Teams does not say whether a button that is pressed stands on such a card, so its buttons do.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.teams.conversations.reference import ConversationReference
from bot.teams.delivery import CardAction, Delivery

_MARK: Final = "targeted"
_APART, _AMONG = "apart", "among others"


def answered(
    reference: ConversationReference, activity: Delivery, action: CardAction | None = None
) -> ConversationReference:
    """Return `reference`, targeted where the activity is, or where the button pressed says that its card is.

    Anyone can write such a button's data: all they get is an answer that only they can see.
    """
    if action is None:
        apart = reference.is_apart(activity.conversation_id, activity.id)
        return replace(reference, targeted=True, prompt=activity.id, apart=apart) if activity.targeted else reference
    mark = action.data.get(_MARK, "")
    private = activity.targeted or (mark in (_APART, _AMONG) and activity.conversation_type != "personal")
    return replace(reference, targeted=True, apart=mark == _APART) if private else reference


def marked(card: dict[str, object], reference: ConversationReference) -> dict[str, object]:
    """Return the card; where only one person sees it, with buttons that say so."""
    if not reference.targeted:
        return card
    mark = _APART if reference.apart else _AMONG
    return {name: _marked(value, mark) for name, value in card.items()}


def unmarked(data: Mapping[str, str]) -> dict[str, str]:
    """Return a button's data as they were given by whoever made its card."""
    return {name: value for name, value in data.items() if name != _MARK}


def _marked(value: object, mark: str) -> object:
    if isinstance(value, list):
        return [_marked(one, mark) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {name: _marked(one, mark) for name, one in value.items()}
    if value.get("type") == "Action.Execute":
        data = value.get("data")
        inner["data"] = {**(data if isinstance(data, dict) else {}), _MARK: mark}
    return inner
