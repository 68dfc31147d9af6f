"""What the bot needs of a chat platform: who wrote what where, and cards that can be posted and edited.

`bot.teams` implements it for Teams, `bot.cli.terminal` for a terminal. Everything else in `bot` knows only this.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from bot.correlation import id_of
from cards.views import View


@dataclass(frozen=True)
class Person:
    """Who acts, as the platform vouches for it: `object_id` and `tenant_id` decide, `name` is for showing."""

    object_id: str
    tenant_id: str
    name: str


@dataclass(frozen=True)
class Member:
    """Somebody on a team's roster."""

    object_id: str
    upn: str
    is_owner: bool


@dataclass(frozen=True)
class Message:
    """A message addressed to the bot. `text` is as typed, mention and markup still in it, at most 28,000 long.

    `taken` is set once the message need not be delivered again: what it asks for is kept, or it only asks to be told.
    """

    id: str
    sender: Person
    text: str
    conversation: "Conversation"
    taken: asyncio.Event = field(default_factory=asyncio.Event, compare=False, repr=False)

    @property
    def correlation(self) -> str:
        """The id of what comes of it, the same whenever it is delivered: a change's id, if it asks for one."""
        return id_of(self.conversation.id, self.id)


@dataclass(frozen=True)
class Click:
    """A press of a card's button. `verb` and `data` come from the network: hostile until checked."""

    id: str
    sender: Person
    verb: str
    data: dict[str, str]
    conversation: "Conversation"
    card_id: str = ""


class TooMuch(Exception):  # noqa: N818 - named after what the caller did
    """A click too many: the message is told to who clicked, and their card stays as it is."""


class Posted(Protocol):
    """A card that was posted and can be edited in place."""

    @property
    def id(self) -> str:
        """The platform's id of the message, empty while it could not yet be created."""

    @property
    def is_banished(self) -> bool:
        """Whether the platform has said that the bot may not write there any more."""

    def update(self, view: View) -> None:
        """Show `view` soon instead of what is there. Returns at once; several calls in a row may become one edit."""

    async def finish(self, view: View) -> None:
        """Show `view` as the last state. Returns once it is shown, or once it is surely kept to be shown later."""


class Conversation(Protocol):
    """A place where the bot may write."""

    @property
    def id(self) -> str:
        """The platform's id of the conversation; the same place has the same id for ever."""

    @property
    def address(self) -> str:
        """What the platform needs to find this place again after a restart, as text."""

    async def post(self, view: View) -> Posted:
        """Post a new card. Never raises for a platform that refuses: that is logged and mended when possible."""

    def card(self, card_id: str) -> Posted:
        """A handle on a card posted before, by its id."""

    @property
    def own(self) -> "Conversation":
        """Where the bot says what nobody asked for: a channel for a thread in it, else this very place.

        Its id and address are the same from wherever in the channel they are asked for.
        """

    @property
    def open(self) -> "Conversation":
        """The same place where all who are there can read: another one only for what was said to the bot privately."""

    def below(self, card_id: str) -> "Conversation":
        """Where a card that was posted here is answered: the thread that it began, else this very place."""


class Places(Protocol):
    """Finds places again."""

    def __call__(self, address: str) -> Conversation:
        """The conversation whose `address` this once was."""


class PersonalChats(Protocol):
    """Finds the place where the bot writes to one person alone."""

    async def __call__(self, address: str, object_id: str) -> Conversation:
        """The personal chat with a person, begun where there is none, as reached from the place with that `address`.

        Raises NotFound where the platform lets the bot write to that person nowhere, Unavailable.
        """


class Listener(Protocol):
    """Who is told of messages and clicks. Both are called once per delivery that is new."""

    async def on_message(self, message: Message) -> None:
        """Deal with a message. May take long: the platform has its acknowledgement already."""

    async def on_click(self, click: Click) -> View:
        """Deal with a click and return, within a second, what its card shows now to the one who clicked.

        Raises TooMuch.
        """
