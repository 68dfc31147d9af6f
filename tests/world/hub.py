"""JupyterHub's own API: users, and stopping their servers."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clients.hub import HubServer, HubUser
from tests.world.constants import NOW
from tests.world.kubernetes import find

if TYPE_CHECKING:
    from tests.world.world import World


def user(name: str, *servers: bool) -> HubUser:
    """Return a user with a server for each of `servers`: ready if true, else starting."""
    numbered = enumerate(servers)
    return HubUser(
        name,
        admin=False,
        servers=tuple(HubServer(str(n or ""), ready, "" if ready else "spawn", NOW, NOW) for n, ready in numbered),
        last_activity=NOW,
    )


@dataclass
class HubReads:
    """JupyterHub's API, read."""

    world: "World"

    async def version(self):
        return await self.world.answer("version")

    async def users(self, state=None):
        assert state in (None, "active")
        found = await self.world.answer("users")
        return [one for one in found if one.servers] if state else found

    async def spawns(self, within):
        assert within
        return await self.world.answer("spawns")

    async def user(self, name):
        return find(name, await self.world.answer("users"))


@dataclass
class HubWrites:
    """JupyterHub's API, written."""

    world: "World"

    async def stop_server(self, user, server=""):
        """Begin to stop a server at the first call, and end it at the second. Return True once it has ended."""
        self.world.done.append(f"stop_server {user} {server}".strip())
        account = find(user, self.world.users)
        running = [one for one in account.servers if one.name == server]
        if not running:
            return True
        if running[0].pending != "stop":
            self._keep(account, [replace(one, pending="stop", ready=False) for one in running], server)
            return False
        self._keep(account, [], server)
        ours = [one for one in self.world.pods if one.user == user and one.name not in self.world.stubborn]
        self.world.pods = [one for one in self.world.pods if one not in ours]
        self.world.settle()
        return True

    def _keep(self, account, instead, server):
        kept = [one for one in account.servers if one.name != server]
        changed = replace(account, servers=(*kept, *instead))
        self.world.users = [changed if one is account else one for one in self.world.users]
