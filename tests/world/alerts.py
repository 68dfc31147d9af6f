"""The bot's alerts and the conversations that get them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.world.world import World


@dataclass
class Alerts:
    """Alerts and subscriptions, read and written; `World.done` has a line for each write."""

    world: "World"
    watchers: tuple[str, ...] = ("cert", "nodes")

    async def open(self):
        return [one for one in await self.world.answer("alerts") if one.over is None]

    async def recent(self, limit=20):
        return (await self.world.answer("alerts"))[:limit]

    async def channels(self):
        return self.world.channels

    async def subscribe(self, operation, minimum, only):
        self.world.done.append(f"subscribe {operation} {minimum} {','.join(only)}".strip())

    async def unsubscribe(self, operation):
        self.world.done.append(f"unsubscribe {operation}")
        return bool(self.world.channels)

    async def snooze(self, alert, until, name):
        self.world.done.append(f"snooze {alert} until {until:%H:%M} by {name}")
        return any(one.id == alert for one in self.world.alerts)

    async def acknowledge(self, alert, name):
        self.world.done.append(f"acknowledge {alert} by {name}")
        return any(one.id == alert for one in self.world.alerts)

    async def test(self, operation, name):
        self.world.done.append(f"test {operation} by {name}")
        return operation[:8]
