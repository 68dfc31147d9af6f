"""The freeze of the hub's changes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commands.ports.freezes import Freeze
from tests.world.constants import NOW, OLU

if TYPE_CHECKING:
    from tests.world.world import World


@dataclass
class Freezes:
    """The freeze, read and written; `World.done` has a line for each write."""

    world: "World"

    async def current(self):
        return await self.world.answer("freeze")

    async def freeze(self, operation, reason, until) -> bool:
        self.world.done.append(f"freeze {operation}")
        self.world.freeze = Freeze(operation, reason, "Olu Operator", OLU, NOW, until)
        return True

    async def lift(self, freeze, name) -> bool:
        self.world.done.append(f"lift {freeze} by {name}")
        held = self.world.freeze is not None and self.world.freeze.id == freeze
        self.world.freeze = None if held else self.world.freeze
        return held or f"lift {freeze} by {name}" in self.world.done[:-1]

    async def tell(self, freeze, operation, view) -> bool:
        self.world.done.append(f"tell {freeze} of {operation}: {view.title}")
        return True
