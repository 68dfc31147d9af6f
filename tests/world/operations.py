"""The bot's own changes, its audit trail and its personal messages."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from commands.ports.operations import Work, WorkState
from tests.world.constants import NOW, OLU

if TYPE_CHECKING:
    from tests.world.world import World


def work(**more) -> Work:
    """Return a deletion by Olu that waits for its approval."""
    made = Work(
        id="3f9a41c07c1d2e90",
        title="Delete the home of ann@example.org",
        line="storage delete ann@example.org",
        requester="Olu Operator",
        requester_id=OLU,
        state=WorkState.WAITING,
        outcome="",
        asked=NOW - timedelta(minutes=10),
        changed=NOW - timedelta(minutes=10),
        expires=NOW + timedelta(minutes=20),
        needed=1,
        approved_by=(),
        step="",
        reason="left the university",
        emergency=False,
    )
    return replace(made, **more)


@dataclass
class WorkReads:
    """Changes that are open or have ended."""

    world: "World"

    async def open(self):
        return await self.world.answer("works")

    async def ended(self, limit=10):
        return (await self.world.answer("ended"))[:limit]

    async def find(self, start):
        return [one for one in self.world.works if one.id.startswith(start)]


@dataclass
class WorkWrites:
    """Requests to stop a change."""

    world: "World"

    async def stop(self, operation, object_id, name):
        self.world.done.append(f"stop {operation} by {name}")
        assert object_id == OLU
        return any(one.id == operation for one in self.world.works)


@dataclass
class TrailReads:
    """The audit trail: `World.trail`."""

    world: "World"

    async def page(self, *, object_id="", since=None, before=0, limit=20):
        found = sorted(await self.world.answer("trail"), key=lambda line: -line.number)
        return [
            line
            for line in found
            if (not object_id or line.object_id == object_id)
            and (since is None or line.at >= since)
            and (not before or line.number < before)
        ][:limit]


@dataclass
class MessageWrites:
    """Personal messages: `World.messages` keeps them."""

    world: "World"

    async def send(self, operation, object_id, view):
        assert operation == "op-9"
        if object_id in self.world.unreachable:
            raise self.world.unreachable[object_id]
        self.world.messages.append((object_id, view))
