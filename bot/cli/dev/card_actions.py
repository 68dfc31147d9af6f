"""Reading buttons off the activities a bot sends: what a client does before it can click."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def actions(activity: Json) -> list[Json]:
    """Return the Action.Execute of an activity's cards, in the order they are shown."""
    return list(_walk(activity.get("attachments")))


def action(activity: Json, verb: str) -> Json | None:
    """Return the first one with that verb, or None."""
    return next((found for found in actions(activity) if found.get("verb") == verb), None)


def as_activity(answer: Json) -> Json:
    """Return the card in an invoke's answer as if it had been sent; an activity without a card where there is none."""
    card = answer.get("value")
    return {"attachments": [{"content": card}]} if isinstance(card, dict) else {}


def refresh(activity: Json) -> Json | None:
    """Return the action that a client sends by itself for people who get their own view of the card, or None."""
    for attachment in activity.get("attachments") or ():
        asked = attachment.get("content", {}).get("refresh")
        if asked:
            found: Json = asked["action"]
            return found
    return None


def _walk(node: Any) -> Iterator[Json]:  # noqa: ANN401 - cards are JSON
    if isinstance(node, dict):
        if node.get("type") == "Action.Execute":
            yield node
        for name, child in node.items():
            if name != "refresh":
                yield from _walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from _walk(child)
