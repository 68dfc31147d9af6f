"""Deliveries of Teams: what the bot acts on in an activity, typed and checked by `bot.teams.activity_parser`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Bot Framework's account ids of bots in Teams begin with this.
_BOT_PREFIX: Final = "28:"


@dataclass(frozen=True)
class Account:
    """Someone in a conversation. `object_id` is the Entra object id, empty for bots, guests and what is no GUID."""

    id: str
    name: str
    object_id: str
    role: str

    @property
    def is_bot(self) -> bool:
        """True if this is a bot and not a person."""
        return self.role == "bot" or self.id.startswith(_BOT_PREFIX)


@dataclass(frozen=True)
class CardAction:
    """Press of an `Action.Execute`. Values that are not text, numbers or truth values are left out."""

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
    """Places where the bot may not write any more: every channel of a team, or one conversation."""

    team_id: str
    conversation_id: str
