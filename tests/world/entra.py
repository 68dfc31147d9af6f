"""People: their roles, groups and object ids."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clients.errors import NotFound
from commands.framework.command import Level
from tests.world.constants import OLU

if TYPE_CHECKING:
    from tests.world.world import World


@dataclass
class AccessReads:
    """Roles and names: Olu is an operator, Ada an admin."""

    world: "World"

    def holders(self, level):
        return ["Ada Admin"] if level > Level.OPERATOR else ["Olu Operator", "Ada Admin"]

    def way_in(self, level):
        return f"To get access, ask Ada Admin to make you an {Level(level).title}."

    def name(self, object_id):
        return {OLU: "Olu Operator"}.get(object_id, f"{object_id[:8]}…")

    async def groups_of(self, object_id):
        assert object_id == OLU
        return await self.world.answer("groups")

    async def object_id(self, upn):
        if upn not in self.world.object_ids:
            raise NotFound(f"Nobody is named {upn}")
        return self.world.object_ids[upn]

    async def is_in_directory(self, upn):
        found = await self.world.answer("in_directory")
        return None if found is None else upn in found

    async def upn(self, object_id):
        for upn, known in self.world.object_ids.items():
            if known == object_id:
                return upn
        raise NotFound("Nobody has that object id")
