"""The bot's choice of a hub, where it runs several."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.world.world import World


@dataclass
class ChoiceWrites:
    """The choice of a hub for a conversation: `World.chosen` keeps operation and hub."""

    world: "World"

    async def set_default(self, operation, hub):
        if not self.world.may_choose:
            return False
        self.world.chosen.append((operation, hub))
        return True
