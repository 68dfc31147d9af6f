"""What commands may ask of the bot itself: its app, its state, which hubs it serves."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class OwnApp:
    """An app registration that the bot itself logs in as. `text` is its secret, for comparing alone."""

    purpose: str
    client_id: str
    text: Callable[[], Awaitable[str]] = field(repr=False)


class OwnReads(Protocol):
    """What the bot knows of itself. Every method raises Unavailable when its store cannot be read."""

    @property
    def apps(self) -> Sequence[OwnApp]:
        """The app registrations whose secrets the bot uses; none for managed identities."""

    async def lost(self, since: datetime) -> Sequence[tuple[str, str, datetime]]:
        """The conversations that got alerts and cannot be written to any more: which, at whose wish, since when."""

    async def missing(self, since: datetime) -> Sequence[tuple[str, datetime]]:
        """The replicas that fell silent and have not come back, and when each was last seen."""


@dataclass(frozen=True)
class HubSeen:
    """One of the bot's hubs: what it is called, and where it is."""

    name: str
    release: str
    namespace: str
    host: str = ""


async def _nobody_is_refused(_hub: str, _object_id: str, _level: int) -> str:
    """There is one hub only, and its level was asked for already."""
    return ""


@dataclass(frozen=True)
class HubChoice:
    """The hubs that the bot runs, and the one that a command is for; nothing to choose from where there is one.

    `refusal`, asked with a hub, an object id and a `commands.spec.Level`, says whom to ask for that level on that hub;
    it is empty for who has it. It raises Unavailable.
    """

    this: str = ""
    hubs: tuple[HubSeen, ...] = ()
    refusal: Callable[[str, str, int], Awaitable[str]] = _nobody_is_refused

    @property
    def several(self) -> bool:
        """Whether there is a choice at all."""
        return len(self.hubs) > 1


class ChoiceWrites(Protocol):
    """Which of the bot's hubs is meant where a command names none."""

    async def mean(self, operation: str, hub: str) -> bool:
        """Have `hub` be meant where the change `operation` was asked for; False where the configuration forbids it."""
