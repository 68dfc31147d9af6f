"""People: their roles, groups and object ids."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clients.entra.directory import DirectoryUser
from clients.errors import NotFound
from commands.framework.argument_types import folded
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


@dataclass
class People:
    """The directory's people, by object id: a name, or a `DirectoryUser`. `asked` has each question's size."""

    there: dict
    trouble: Exception | None = None
    asked: list = field(default_factory=list)

    async def by_id(self, object_ids):
        self._ask("by_id", object_ids)
        return {one: self._person(one) for one in object_ids if one in self.there}

    async def by_name(self, upns):
        self._ask("by_name", upns)
        named = {folded(self._person(one).upn): self._person(one) for one in self.there}
        return {upn: named[folded(upn)] for upn in upns if folded(upn) in named}

    def _ask(self, what, names):
        self.asked.append((what, len(names)))
        if self.trouble is not None:
            raise self.trouble

    def _person(self, object_id):
        one = self.there[object_id]
        return one if isinstance(one, DirectoryUser) else DirectoryUser(object_id, one.partition("@")[0], one)


@dataclass
class Identities:
    """Who was behind a name at first, as the bot remembers it."""

    kept: dict = field(default_factory=dict)

    async def known(self):
        return self.kept

    async def keep(self, found, names):
        wanted = set(map(folded, names))
        self.kept |= {folded(one.name): one for one in found}
        self.kept = {name: one for name, one in self.kept.items() if name in wanted}
