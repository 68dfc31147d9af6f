"""People, a chat and a memory for the bot's tests: small classes that behave, instead of mocks that agree."""

import asyncio
import contextvars
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.access.access import Access
from bot.access.group_roles import GroupRoles
from bot.access.names import Names
from bot.chat.platform import Click, Message, Person
from bot.config.access import AccessSettings, Group
from bot.runtime.durable import OutOfOrder
from cards.views import View
from clients.entra.directory import DirectoryUser
from clients.errors import NotFound, Unavailable

TENANT = "7d3c4b5a-0000-4000-8000-000000000000"


def person(number: int, name: str) -> Person:
    return Person(f"7d3c4b5a-0000-4000-8000-00000000000{number}", TENANT, name)


VERA, OLU, OLGA, ADA, NOBODY, ABE, ANN = (
    person(1, "Vera Viewer"),
    person(2, "Olu Operator"),
    person(3, "Olga Operator"),
    person(4, "Ada Admin"),
    person(5, "Nick Nobody"),
    person(6, "Abe Approver"),
    person(7, "Ann Approver"),
)
LEVELS = ("viewer", "operator", "approver", "admin")
GROUPS = {level: f"7d3c4b5a-0000-4000-8000-0000000000a{number}" for number, level in enumerate(LEVELS)}


@dataclass
class Directory:
    """The members of groups. `trouble` is raised instead of an answer; `asked` counts the questions."""

    members: dict[str, set[str]] = field(
        default_factory=lambda: {
            GROUPS["viewer"]: {VERA.object_id},
            GROUPS["operator"]: {OLU.object_id, OLGA.object_id},
            GROUPS["approver"]: {ABE.object_id, ANN.object_id},
            GROUPS["admin"]: {ADA.object_id},
        }
    )
    trouble: Unavailable | None = None
    asked: int = 0

    async def member_groups(self, object_id, group_ids):
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return frozenset(group for group in group_ids if object_id in self.members.get(group, ()))

    async def user(self, object_id_or_upn):
        if object_id_or_upn == "olu@example.org":
            return DirectoryUser(OLU.object_id, OLU.name, "olu@example.org")
        raise NotFound("nobody of that name")

    def drop(self, who: Person) -> None:
        for members in self.members.values():
            members.discard(who.object_id)


def groups(*levels: str) -> AccessSettings:
    """Return settings with a group for each of these levels, for all without any."""
    return AccessSettings(**{one: (Group(id=GROUPS[one], name=f"the {one}s"),) for one in levels or LEVELS})


@dataclass
class NoNames(Names):
    """A register of names that stores nothing."""

    def __init__(self):
        self._names = {}

    def met(self, person):
        self._names[person.object_id.lower()] = person.name


def access(directory: Directory | None = None, settings: AccessSettings | None = None, **more) -> Access:
    return Access(GroupRoles(settings or groups(), directory or Directory()), NoNames(), **more)


@dataclass
class Clock:
    """A clock that stands still unless it is moved."""

    moment: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, length: timedelta) -> None:
        self.moment += length


@dataclass
class Seconds:
    """A monotonic clock that moves only when a test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Card:
    """A posted card with everything that it ever showed."""

    id: str
    views: list[View]
    finished: bool = False
    is_banished: bool = False
    # Whether the platform does not say any more that it is there.
    lost: bool = False
    is_lost: bool = False

    def update(self, view: View) -> None:
        assert not self.finished or view == self.views[-1], "a finished card was changed"
        self.views.append(view)

    async def shows(self, view: View) -> bool:
        self.update(view)
        return not self.lost

    async def finish(self, view: View) -> None:
        self.update(view)
        self.finished = True


@dataclass
class Room:
    """A conversation with its cards. `gate`, if set, holds up posting."""

    id: str = "19:room@thread.tacv2"
    cards: list[Card] = field(default_factory=list)
    gate: asyncio.Event | None = None
    # What everybody sees, for a room that is between one person and the bot.
    outside: "Room | None" = None
    # Whether the platform lets the bot write nothing there any more.
    closed: bool = False
    # Whether the platform answers nothing that tells whether something came.
    silent: bool = False

    @property
    def address(self) -> str:
        return self.id

    async def post(self, view: View) -> Card:
        if self.gate:
            await self.gate.wait()
        name = "" if self.silent else f"card-{len(self.cards)}"
        self.cards.append(Card(name, [view], is_banished=self.closed))
        return self.cards[-1]

    def card(self, card_id: str) -> Card:
        return next(card for card in self.cards if card.id == card_id)

    @property
    def is_personal(self) -> bool:
        return not self.id.startswith("19:")

    @property
    def is_private(self) -> bool:
        return self.is_personal or self.outside is not None

    @property
    def own(self) -> "Room":
        return self

    @property
    def open(self) -> "Room":
        return self.outside or self

    def below(self, _card_id: str) -> "Room":
        return self

    @property
    def shown(self) -> View:
        return self.cards[-1].views[-1]


_current = contextvars.ContextVar("workflow", default=("", count()))
_in_step = contextvars.ContextVar("in_step", default=False)


@dataclass
class Memory:
    """A record of steps like `bot.runtime.durable.Durable`'s, in a dictionary; `crash` and `recover` play a restart."""

    run: object = None
    started: dict[str, bool] = field(default_factory=dict)
    results: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    tasks: dict[str, asyncio.Task] = field(default_factory=dict)
    # How many more moments go by until the process is as good as dead; None for ever.
    fuse: int | None = None
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    moments: int = 0

    async def moment(self):
        """Die here, if the fuse has burnt down."""
        self.moments += 1
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.dead.set()
                await asyncio.Event().wait()

    async def start(self, workflow_id):
        assert not _in_step.get(), "a workflow can only be begun between steps"
        if workflow_id not in self.started:
            self.started[workflow_id] = False
            self._begin(workflow_id)

    def _begin(self, workflow_id):
        self.tasks[workflow_id] = asyncio.create_task(self._live(workflow_id))

    async def _live(self, workflow_id):
        _current.set((workflow_id, count(1)))
        await self.run(workflow_id)
        self.started[workflow_id] = True

    async def step(self, name, action):
        workflow_id, numbers = _current.get()
        key = (workflow_id, next(numbers))
        if key not in self.results:
            await self.moment()
            token = _in_step.set(True)
            try:
                result = await action()
            finally:
                _in_step.reset(token)
            await self.moment()
            self.results[key] = (name, result)
        known, result = self.results[key]
        if known != name:
            raise OutOfOrder(f"the order of steps changed: {name} where {known} was")
        return result

    async def crash(self):
        """Cancel everything where it stands; what was recorded stays."""
        self.dead.clear()
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    def recover(self):
        """Begin again what has not ended."""
        for workflow_id, ended in self.started.items():
            if not ended:
                self._begin(workflow_id)


_ids = count(1)


def message(sender: Person, text: str, room: Room) -> Message:
    return Message(f"message-{next(_ids)}", sender, text, room)


def click(sender: Person, room: Room, title: str, *, card: Card | None = None) -> Click:
    """Return the click on a button of the newest card, or of `card` as it once looked."""
    card = card or room.cards[-1]
    buttons = [b for view in card.views for b in getattr(view, "buttons", ()) if b.title == title]
    button = buttons[-1]
    return Click(f"click-{next(_ids)}", sender, button.verb, dict(button.data), room, card.id)


def altered(press: Click, verb: str | None = None, **data: str) -> Click:
    return replace(press, id=f"click-{next(_ids)}", verb=verb or press.verb, data={**press.data, **data})
