"""People and a chat for the pipeline's tests: small classes that behave, instead of mocks that agree."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.access import Access
from bot.audit import Entry
from bot.chat import Click, Message, Person
from bot.config import AccessSettings, Member
from bot.outcomes import Outcome
from cards.views import View

TENANT = "7d3c4b5a-0000-4000-8000-000000000000"


def person(number: int, name: str) -> Person:
    return Person(f"7d3c4b5a-0000-4000-8000-00000000000{number}", TENANT, name)


VERA, OLU, OLGA, ADA, NOBODY = (
    person(1, "Vera Viewer"),
    person(2, "Olu Operator"),
    person(3, "Olga Operator"),
    person(4, "Ada Admin"),
    person(5, "Nick Nobody"),
)


def access(**levels: tuple[Person, ...]) -> Access:
    levels = levels or {"viewer": (VERA,), "operator": (OLU, OLGA), "admin": (ADA,)}
    return Access(
        AccessSettings(**{k: tuple(Member(id=p.object_id, name=p.name) for p in v) for k, v in levels.items()})
    )


@dataclass
class Clock:
    """A clock that stands still unless it is moved."""

    moment: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, length: timedelta) -> None:
        self.moment += length


@dataclass
class Card:
    """A posted card that remembers everything it ever showed."""

    id: str
    views: list[View]
    finished: bool = False

    def update(self, view: View) -> None:
        assert not self.finished, "a finished card was changed"
        self.views.append(view)

    async def finish(self, view: View) -> None:
        self.update(view)
        self.finished = True


@dataclass
class Room:
    """A conversation that keeps its cards. `gate`, if set, holds up posting."""

    id: str = "19:room@thread.tacv2"
    cards: list[Card] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def post(self, view: View) -> Card:
        if self.gate:
            await self.gate.wait()
        self.cards.append(Card(f"card-{len(self.cards)}", [view]))
        return self.cards[-1]

    def card(self, card_id: str) -> Card:
        return next(card for card in self.cards if card.id == card_id)

    @property
    def shown(self) -> View:
        return self.cards[-1].views[-1]


@dataclass
class Trail:
    """An audit trail in a list. `broken` makes it refuse."""

    entries: list[Entry] = field(default_factory=list)
    broken: bool = False

    async def write(self, entry: Entry) -> None:
        if self.broken:
            raise OSError("disk full")
        self.entries.append(entry)

    @property
    def outcomes(self) -> list[Outcome | None]:
        return [entry.outcome for entry in self.entries]


_ids = count(1)


def message(sender: Person, text: str, room: Room) -> Message:
    return Message(f"message-{next(_ids)}", sender, text, room)


def click(sender: Person, room: Room, title: str, *, card: Card | None = None) -> Click:
    """The click on a button of the newest card, or of `card` as it once looked."""
    card = card or room.cards[-1]
    buttons = [b for view in card.views for b in getattr(view, "buttons", ()) if b.title == title]
    button = buttons[-1]
    return Click(f"click-{next(_ids)}", sender, button.verb, dict(button.data), room, card.id)


def altered(press: Click, **data: str) -> Click:
    return replace(press, data={**press.data, **data})
