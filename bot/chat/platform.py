"""Ports of a chat platform: who wrote what where, and cards that can be posted and edited.

`bot.teams` implements them for Teams, `bot.cli.dev.terminal` for a terminal. Everything else in `bot` knows only these.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.chat.object_ids import object_id
from bot.instrumentation.correlation import id_of
from cards.views import View


@dataclass(frozen=True)
class Person:
    """Person who acts, as the platform vouches for it: `object_id` and `tenant_id` decide, `name` is for showing.

    However an object id is written, here it is a GUID in lower case, so that two people are the same where these are
    equal. What is no GUID is nobody's: it is empty here, and whoever has none may do nothing.
    """

    object_id: str
    tenant_id: str
    name: str

    def __post_init__(self) -> None:
        """Have one spelling of the id, wherever it came from."""
        object.__setattr__(self, "object_id", object_id(self.object_id))

    def is_same(self, other: "Person") -> bool:
        """Return True if this is the other person; False for anybody without an object id."""
        return bool(self.object_id) and self.object_id == other.object_id


@dataclass(frozen=True)
class Member:
    """Somebody on a team's roster; `object_id` is spelled as a person's."""

    object_id: str
    upn: str
    is_owner: bool

    def __post_init__(self) -> None:
        """Have one spelling of the id."""
        object.__setattr__(self, "object_id", object_id(self.object_id))


@dataclass(frozen=True)
class Message:
    """Message addressed to the bot. `text` is as typed, without the mention of the bot, at most 28,000 long.

    `taken` is set once the message need not be delivered again: what it asks for is kept, or it only asks to be told.
    """

    id: str
    sender: Person
    text: str
    conversation: "Conversation"
    taken: asyncio.Event = field(default_factory=asyncio.Event, compare=False, repr=False)

    @property
    def correlation(self) -> str:
        """Id of what comes of it, the same whenever it is delivered: a change's id, if it asks for one."""
        return id_of(self.conversation.id, self.id)


@dataclass(frozen=True)
class Click:
    """Press of a card's button. `verb` and `data` come from the network: hostile until checked."""

    id: str
    sender: Person
    verb: str
    data: dict[str, str]
    conversation: "Conversation"
    card_id: str = ""


class TooMuch(Exception):  # noqa: N818 - named after what the caller did
    """A click too many: the message is told to who clicked, and their card stays as it is."""


class Posted(Protocol):
    """Card that was posted and can be edited in place."""

    @property
    def id(self) -> str:
        """The platform's id of the message, empty while it could not yet be created."""

    @property
    def is_banished(self) -> bool:
        """True once the platform has said that the bot may not write there any more."""

    @property
    def is_lost(self) -> bool:
        """True if what was last wanted was given up: nobody sees it, and nothing more is shown by this object."""

    def update(self, view: View) -> None:
        """Show `view` soon instead of what is there. Return at once; several calls in a row may become one edit."""

    async def shows(self, view: View) -> bool:
        """Show `view`. Return True if the platform has said that it is there. Return within some seconds.

        From the first such call on the card is rather there twice than not at all.
        """

    async def finish(self, view: View) -> None:
        """Show `view` as the last state. Return once it is shown, or once it is surely stored to be shown later."""


class Conversation(Protocol):
    """Place where the bot may write."""

    @property
    def id(self) -> str:
        """The platform's id of the conversation; the same place has the same id for ever."""

    @property
    def address(self) -> str:
        """Text by which the platform finds this place again after a restart."""

    async def post(self, view: View) -> Posted:
        """Post a new card. Raise nothing for a platform that refuses: that is logged and made good when possible."""

    def card(self, card_id: str) -> Posted:
        """Return a handle on a card posted before, by its id."""

    @property
    def is_personal(self) -> bool:
        """True if nobody but one person and the bot is there, so that every message is for the bot."""

    @property
    def is_private(self) -> bool:
        """True if one person alone reads what is said here now: in a personal chat, or privately to the bot."""

    @property
    def own(self) -> "Conversation":
        """The place where the bot says what nobody asked for: a channel for a thread in it, else this very place.

        Its id and address are the same from wherever in the channel they are asked for.
        """

    @property
    def open(self) -> "Conversation":
        """The same place where all who are there can read: another one only for what was said to the bot privately."""

    def below(self, card_id: str) -> "Conversation":
        """Return the place where a card posted here is answered: the thread that it began, else this very place."""


class Places(Protocol):
    """Function that finds a place again."""

    def __call__(self, address: str) -> Conversation:
        """Return the conversation whose `address` this once was."""


class Besides(Protocol):
    """Function that finds another place from one that is known."""

    def __call__(self, address: str, conversation: str) -> Conversation:
        """Return the channel or group chat of that id, as reached from the place with that `address`."""


class Rosters(Protocol):
    """Function that returns the members of a place."""

    async def __call__(self, address: str) -> Sequence[Member]:
        """Return the members of the conversation; none where the platform does not tell. Raise Unavailable."""


class PersonalChats(Protocol):
    """Function that finds the place where the bot writes to one person alone."""

    async def __call__(self, address: str, object_id: str) -> Conversation:
        """Return the personal chat with a person, as reached from the place with that `address`. Begin it if need be.

        Raise NotFound where the platform lets the bot write to that person nowhere, Unavailable.
        """


class Listener(Protocol):
    """Receiver of messages and clicks. Both methods are called once per delivery that is new."""

    async def on_message(self, message: Message) -> None:
        """Handle a message. May take long: the platform has its acknowledgement already."""

    async def on_click(self, click: Click) -> View:
        """Handle a click and return, within a second, what its card shows now to the person who clicked.

        Raise TooMuch.
        """
