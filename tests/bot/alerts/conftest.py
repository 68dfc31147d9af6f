"""A world of troubles that can be switched on and off, and an engine that watches it into a room."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.alerts.engine import Engine
from bot.alerts.finding import Finding, Severity, Watcher
from bot.alerts.notifier import Notifier
from bot.alerts.repository import Alerts, Subscription
from bot.alerts.routing import Routing
from bot.runtime.leases import Lease
from bot.store.database import Database
from clients.errors import Unavailable
from tests.bot.people import Clock, Room

MINUTE = timedelta(minutes=1)


def finding(key, severity=Severity.WARNING, **more):
    return Finding(key, severity, f"{key} is wrong", f"Because of {key}.", **more)


@dataclass
class Troubles:
    """Present problems by watcher; a watcher whose value is an error cannot tell."""

    wrong: dict[str, object] = field(default_factory=dict)

    def watcher(self, name, dwell=2 * MINUTE, clear=2 * MINUTE, every=MINUTE, *, outside=False):
        async def look(_):
            found = self.wrong.get(name, ())
            if isinstance(found, Exception):
                raise found
            return found

        return Watcher(name, look, every, dwell, clear, outside=outside)


@dataclass
class Watch:
    """An engine with its clock and room; `restart` is another process on the same store."""

    database: Database
    troubles: Troubles = field(default_factory=Troubles)
    clock: Clock = field(default_factory=Clock)
    room: Room = field(default_factory=Room)
    names: tuple[str, ...] = ("pods", "nodes")
    outside: tuple[str, ...] = ()
    azure: object = None
    rules: dict = field(default_factory=dict)
    listened: Routing | None = None

    def __post_init__(self):
        self.alerts = Alerts(self.database)
        self.engine = self.another("bot-0")

    def another(self, replica):
        return Engine(
            watchers=[self.troubles.watcher(name, **self.rules, outside=name in self.outside) for name in self.names],
            reads=lambda: SimpleNamespace(azure=self.azure),
            alerts=self.alerts,
            lease=Lease(self.database, "alerts", replica),
            delivery=Notifier(self.alerts, lambda _: self.room, self.listened or Routing()),
            now=self.clock,
        )

    def restart(self, replica="bot-0"):
        self.engine = self.another(replica)

    async def subscribe(self, minimum=Severity.NOTE, only=(), place="room"):
        await self.alerts.subscribe(Subscription(f"conversation {place}", place, minimum, only, "Olu", self.clock()))

    async def pass_by(self, minutes, step=1):
        for _ in range(0, minutes, step):
            self.clock.forward(step * MINUTE)
            # A moment more, so that a watcher's jitter never makes it miss its turn.
            self.engine._due.clear()
            await self.engine.look()

    @property
    def titles(self):
        return [card.views[-1].title for card in self.room.cards]


@pytest.fixture
async def watch(database):
    made = Watch(database)
    await made.subscribe()
    return made


def gone(system="Kubernetes"):
    return Unavailable(system, "cannot be reached")
