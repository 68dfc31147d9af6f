"""What arrives from Teams, read from the raw body: strict on the types of what is used, blind to the rest.

Field names as in Bot Framework's Activity schema, version 3. What is read here is what the bot acts on; Bot Framework's
own `Activity`, which is laxer, is made of the same content afterwards, for its handlers and middleware.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.chat.object_ids import object_id
from bot.teams.errors import RequestRejected
from bot.teams.message_text import people, typed
from bot.teams.service_urls import service_url

MAX_TEXT = 28_000
_MAX_ID = 1_024
_MAX_DEPTH = 64
_MAX_INPUTS = 100
_FIRST_PRINTABLE = 32
_TEAM_GONE = {"teamDeleted", "teamHardDeleted"}
# Bot Framework's account ids of bots in Teams begin with this.
_BOT_PREFIX = "28:"


@dataclass(frozen=True)
class Account:
    """Someone in a conversation. `object_id` is the Entra object id, empty for bots, guests and what is no GUID."""

    id: str
    name: str
    object_id: str
    role: str

    @property
    def is_bot(self) -> bool:
        """Whether this is a bot and not a person."""
        return self.role == "bot" or self.id.startswith(_BOT_PREFIX)


@dataclass(frozen=True)
class CardAction:
    """The press of an `Action.Execute`. Values that are not text, numbers or truth values are left out."""

    verb: str
    data: Mapping[str, str]


@dataclass(frozen=True)
class Delivery:
    """One delivery. Texts are empty where the sender left them out.

    `tenants` holds each tenant the activity claims to come from, `host` the one whose conversation it is; `targeted`
    tells a message to a group that only its sender and the bot can see, as one picked from the slash menu is; `action`
    is there for the invoke `adaptiveCard/action` alone, `removal` where the delivery says that the bot or the channel
    was taken away, `arrival` the id of the conversation where the bot was just added, empty in all other deliveries.
    """

    type: str
    id: str
    channel_id: str
    service_url: str
    sender: Account
    recipient: Account
    conversation_id: str
    conversation_type: str
    tenants: frozenset[str]
    text: str
    name: str
    reply_to: str
    timestamp: str
    targeted: bool
    action: CardAction | None
    team_id: str = ""
    removal: "BotRemoved | None" = None
    arrival: str = ""
    people: Mapping[str, str] = field(default_factory=dict)
    """The account id of each person who is mentioned in the text, by the name that stands there in quotation marks."""
    host: str = ""
    content: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)
    """All that was delivered: bounded and JSON, of any shape else."""


@dataclass(frozen=True)
class BotRemoved:
    """Where the bot may not write any more: in every channel of a team, or in one conversation."""

    team_id: str
    conversation_id: str


class _Fields:
    """Typed access to a JSON object. Every method raises Refusal 400 for a value of another type."""

    def __init__(self, content: Mapping[str, object], path: str = "") -> None:
        self._content = content
        self._path = path

    def text(self, name: str, most: int = _MAX_ID) -> str:
        value = self._content.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise RequestRejected(400, f"{self._path}{name} must be a string")
        if len(value) > most:
            raise RequestRejected(400, f"{self._path}{name} is longer than {most} characters")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise RequestRejected(400, f"{self._path}{name} is not valid Unicode")
        return value

    def identifier(self, name: str, *, required: bool = False) -> str:
        value = self.text(name)
        if required and not value:
            raise RequestRejected(400, f"{self._path}{name} is missing")
        # A path of dots would climb up in the address of the answer.
        if value in {".", ".."} or any(ord(character) < _FIRST_PRINTABLE for character in value):
            raise RequestRejected(400, f"{self._path}{name} is not an id")
        return value

    def flag(self, name: str) -> bool:
        value = self._content.get(name)
        if value is not None and not isinstance(value, bool):
            raise RequestRejected(400, f"{self._path}{name} must be true or false")
        return value is True

    def inner(self, name: str) -> "_Fields":
        value = self._content.get(name)
        if value is not None and not isinstance(value, dict):
            raise RequestRejected(400, f"{self._path}{name} must be an object")
        return _Fields(value or {}, f"{self._path}{name}.")

    def ids(self, name: str) -> frozenset[str]:
        """The ids of the objects in a list; what is no such list has none."""
        listed = self._content.get(name)
        found = [one.get("id") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        return frozenset(one for one in found if isinstance(one, str))

    def listed(self, name: str) -> list[dict[str, object]]:
        """The objects in a list; none where it is no list."""
        listed = self._content.get(name)
        return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []

    def scalars(self) -> Iterator[tuple[str, str]]:
        for name, value in self._content.items():
            if isinstance(value, bool):
                yield name, "true" if value else "false"
            elif isinstance(value, str):
                yield name, self.text(name, MAX_TEXT)
            elif isinstance(value, int | float):
                yield name, str(value)

    def __len__(self) -> int:
        return len(self._content)

    def is_object(self, name: str) -> bool:
        return isinstance(self._content.get(name), dict)


def parse(raw: bytes) -> Delivery:
    """The activity in a request's body. Raises Refusal 400 saying what is wrong with it."""
    content = _json_object(raw)
    fields = _Fields(content)
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


def _typed(fields: _Fields) -> str:
    bot = fields.inner("recipient")
    names = (bot.text("name"),)
    said = fields.text("text", MAX_TEXT), fields.text("textFormat")
    lists = fields.listed("entities"), fields.listed("attachments")
    return typed(*said, *lists, bot.identifier("id"), names)[:MAX_TEXT]


def _arrival(kind: str, fields: _Fields) -> str:
    """Where the bot was just added: in a team, the channel that was chosen for it, else the general one.

    Teams says it twice: `installationUpdate` with the action `add` (a new version of the app is `add-upgrade`), and
    `conversationUpdate` with the bot among the new members.
    """
    bot = fields.inner("recipient").identifier("id")
    joined = kind == "conversationUpdate" and bool(bot) and bot in fields.ids("membersAdded")
    if not joined and not (kind == "installationUpdate" and fields.text("action") == "add"):
        return ""
    chosen = fields.inner("channelData").inner("settings").inner("selectedChannel").identifier("id")
    return chosen or fields.inner("conversation").identifier("id")


def _removal(kind: str, fields: _Fields) -> BotRemoved | None:
    """What Teams says of being removed.

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


def _account(fields: _Fields, *, required: bool) -> Account:
    return Account(
        id=fields.identifier("id", required=required),
        name=fields.text("name"),
        object_id=object_id(fields.text("aadObjectId")),
        role=fields.text("role"),
    )


def _service_url(fields: _Fields, *, required: bool) -> str:
    text = fields.identifier("serviceUrl", required=required)
    if text:
        try:
            service_url(text)
        except ValueError:
            raise RequestRejected(400, "serviceUrl is not an address that can be answered") from None
    return text


def _targeted(fields: _Fields, conversation: _Fields) -> bool:
    """Teams says so within the recipient. In a personal chat there is nobody to keep it from, and no such thing."""
    flagged = fields.inner("recipient").flag("isTargeted")
    return flagged and conversation.text("conversationType") != "personal"


def _tenants(fields: _Fields, conversation: _Fields) -> frozenset[str]:
    claimed = (
        conversation.identifier("tenantId"),
        fields.inner("channelData").inner("tenant").identifier("id"),
    )
    return frozenset(tenant for tenant in claimed if tenant)


def _action(fields: _Fields) -> CardAction:
    action = fields.inner("value").inner("action")
    # The schema allows a bare string as data as well; no card of this bot sends one.
    data = action.inner("data") if action.is_object("data") else _Fields({})
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
