"""Parser of what arrives from Teams, read from the raw body: strict on the types of what is used, blind to the rest.

Field names as in Bot Framework's Activity schema, version 3. What is read here is what the bot acts on; Bot Framework's
own `Activity`, which is laxer, is made of the same content afterwards, for its handlers and middleware.
"""

import json
from typing import Final

from bot.chat.object_ids import object_id
from bot.teams.delivery import Account, BotRemoved, CardAction, Delivery
from bot.teams.errors import RequestRejected
from bot.teams.json_fields import MAX_TEXT, JsonFields
from bot.teams.message_text import people, typed
from bot.teams.service_urls import service_url

_MAX_DEPTH: Final = 64
_MAX_INPUTS: Final = 100
_TEAM_GONE: Final = frozenset({"teamDeleted", "teamHardDeleted"})


def parse(raw: bytes) -> Delivery:
    """Return the activity in a request's body. Raise RequestRejected 400, which says what is wrong with it."""
    content = _json_object(raw)
    fields = JsonFields(content)
    kind = fields.identifier("type", required=True)
    acted_on = kind in {"message", "invoke"}
    name = fields.text("name")
    conversation = fields.inner("conversation")
    return Delivery(
        type=kind,
        id=fields.identifier("id", required=kind == "message"),
        channel_id=fields.identifier("channelId", required=acted_on),
        service_url=_service_url(fields, required=acted_on),
        sender=_account(fields.inner("from"), required=acted_on),
        recipient=_account(fields.inner("recipient"), required=acted_on),
        conversation_id=conversation.identifier("id", required=acted_on),
        conversation_type=conversation.text("conversationType"),
        tenants=_tenants(fields, conversation),
        text=_typed(fields) if kind == "message" else "",
        name=name,
        reply_to=fields.identifier("replyToId"),
        timestamp=fields.text("timestamp"),
        targeted=_targeted(fields, conversation),
        action=_action(fields) if kind == "invoke" and name == "adaptiveCard/action" else None,
        team_id=fields.inner("channelData").inner("team").identifier("id"),
        removal=_removal(kind, fields),
        arrival=_arrival(kind, fields),
        people=people(fields.listed("entities"), fields.inner("recipient").identifier("id")),
        host=conversation.identifier("tenantId"),
        content=content,
    )


def _typed(fields: JsonFields) -> str:
    bot = fields.inner("recipient")
    names = (bot.text("name"),)
    said = fields.text("text", MAX_TEXT), fields.text("textFormat")
    lists = fields.listed("entities"), fields.listed("attachments")
    return typed(*said, *lists, bot.identifier("id"), names)[:MAX_TEXT]


def _arrival(kind: str, fields: JsonFields) -> str:
    """Return the conversation where the bot was just added: in a team, the channel chosen for it, else the general one.

    Teams says it twice: `installationUpdate` with the action `add` (a new version of the app is `add-upgrade`), and
    `conversationUpdate` with the bot among the new members.
    """
    bot = fields.inner("recipient").identifier("id")
    joined = kind == "conversationUpdate" and bool(bot) and bot in fields.ids("membersAdded")
    if not joined and not (kind == "installationUpdate" and fields.text("action") == "add"):
        return ""
    chosen = fields.inner("channelData").inner("settings").inner("selectedChannel").identifier("id")
    return chosen or fields.inner("conversation").identifier("id")


def _removal(kind: str, fields: JsonFields) -> BotRemoved | None:
    """Return what Teams says of a removal of the bot, None for any other activity.

    `installationUpdate` with a removing action; `conversationUpdate` with the bot among the members that left, or with
    the event `channelDeleted`, `teamDeleted` or `teamHardDeleted`.
    """
    data, conversation = fields.inner("channelData"), fields.inner("conversation").identifier("id")
    if kind == "conversationUpdate" and data.text("eventType") == "channelDeleted":
        return BotRemoved("", data.inner("channel").identifier("id") or conversation)
    if kind == "conversationUpdate" and data.text("eventType") in _TEAM_GONE:
        return BotRemoved(data.inner("team").identifier("id"), conversation)
    bot = fields.inner("recipient").identifier("id")
    left = kind == "conversationUpdate" and bool(bot) and bot in fields.ids("membersRemoved")
    if left or (kind == "installationUpdate" and fields.text("action").startswith("remove")):
        return BotRemoved(data.inner("team").identifier("id"), conversation)
    return None


def _account(fields: JsonFields, *, required: bool) -> Account:
    return Account(
        id=fields.identifier("id", required=required),
        name=fields.text("name"),
        object_id=object_id(fields.text("aadObjectId")),
        role=fields.text("role"),
    )


def _service_url(fields: JsonFields, *, required: bool) -> str:
    text = fields.identifier("serviceUrl", required=required)
    if text:
        try:
            service_url(text)
        except ValueError:
            raise RequestRejected(400, "serviceUrl is not an address that can be answered") from None
    return text


def _targeted(fields: JsonFields, conversation: JsonFields) -> bool:
    """Return True for a targeted message, as Teams says within the recipient.

    In a personal chat there is nobody to keep it from, and no such thing.
    """
    flagged = fields.inner("recipient").flag("isTargeted")
    return flagged and conversation.text("conversationType") != "personal"


def _tenants(fields: JsonFields, conversation: JsonFields) -> frozenset[str]:
    claimed = (
        conversation.identifier("tenantId"),
        fields.inner("channelData").inner("tenant").identifier("id"),
    )
    return frozenset(tenant for tenant in claimed if tenant)


def _action(fields: JsonFields) -> CardAction:
    action = fields.inner("value").inner("action")
    # The schema allows a bare string as data as well; no card of this bot sends one.
    data = action.inner("data") if action.is_object("data") else JsonFields({})
    if len(data) > _MAX_INPUTS:
        raise RequestRejected(400, f"value.action.data has more than {_MAX_INPUTS} fields")
    return CardAction(action.text("verb"), dict(data.scalars()))


def _json_object(raw: bytes) -> dict[str, object]:
    try:
        content = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RequestRejected(400, "the body is not JSON") from None
    if not isinstance(content, dict):
        raise RequestRejected(400, "the body must be a JSON object")
    if _too_deep(content):
        raise RequestRejected(400, f"the body is nested deeper than {_MAX_DEPTH} levels")
    return content


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _too_deep(content: object) -> bool:
    level = [content]
    for _ in range(_MAX_DEPTH):
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
