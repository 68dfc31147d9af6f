"""Interfaces to the bot itself: its app registrations, its replicas, its hubs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class OwnApp:
    """An app registration that the bot itself logs in as. `text` returns its secret, for comparison only."""

    purpose: str
    client_id: str
    text: Callable[[], Awaitable[str]] = field(repr=False)


class OwnReads(Protocol):
    """Reads of the bot's own state. Every method raises Unavailable when its store cannot be read."""

    @property
    def apps(self) -> Sequence[OwnApp]:
        """The app registrations whose secrets the bot uses; none for managed identities."""

    async def lost(self, since: datetime) -> Sequence[tuple[str, str, datetime]]:
        """Return the alert conversations that have become unreachable since: conversation, subscriber, time."""

    async def missing(self, since: datetime) -> Sequence[tuple[str, datetime]]:
        """Return the replicas that have stopped reporting since and have not come back, and when each was last seen."""


@dataclass(frozen=True)
class HubSummary:
    """One of the bot's hubs: its name and its location."""

    name: str
    release: str
    namespace: str
    host: str = ""


async def _nobody_is_refused(_hub: str, _object_id: str, _level: int) -> str:
    """Return no refusal: there is one hub only, and its level has been checked already."""
    return ""


@dataclass(frozen=True)
class HubChoice:
    """The hubs that the bot runs, and the one that a command is for; empty where there is one only.

    `refusal`, called with a hub, an object id and a `commands.framework.command.Level`, returns a sentence that says
    whom to ask for that level on that hub, or an empty one for a person who has it. It raises Unavailable.
    """

    this: str = ""
    hubs: tuple[HubSummary, ...] = ()
    refusal: Callable[[str, str, int], Awaitable[str]] = _nobody_is_refused

    @property
    def several(self) -> bool:
        """True if there is more than one hub."""
        return len(self.hubs) > 1


class ChoiceWrites(Protocol):
    """Changes to the default hub of a conversation."""

    async def set_default(self, operation: str, hub: str) -> bool:
        """Make `hub` the default where the change `operation` was requested.

        Return False if the configuration forbids it.
        """
