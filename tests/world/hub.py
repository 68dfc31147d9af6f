"""JupyterHub's own API: users, and stopping their servers."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clients.hub import HubServer, HubUser
from commands.kubernetes.claim_names import possible_names
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
        found = await self._looked_at()
        return [one for one in found if one.servers] if state else found

    async def scopes(self):
        return await self.world.answer("scopes")

    async def spawns(self, within):
        assert within
        return await self.world.answer("spawns")

    async def user(self, name):
        found = find(name, await self.world.answer("users"))
        self._end_stopping([found])
        return found

    async def _looked_at(self):
        found = await self.world.answer("users")
        self._end_stopping(found)
        return found

    def _end_stopping(self, seen):
        """End what is stopping: it was seen so once, and has stopped when it is looked at again."""
        for one in seen:
            for server in one.servers:
                if server.pending == "stop":
                    _end(self.world, one.name, server.name)


@dataclass
class HubWrites:
    """JupyterHub's API, written."""

    world: "World"

    async def stop_server(self, user, server=""):
        """Begin to stop a server. Return True if there is none."""
        self.world.done.append(f"stop_server {user} {server}".strip())
        account = find(user, self.world.users)
        running = [one for one in account.servers if one.name == server]
        if not running:
            return True
        _keep(self.world, account, [replace(one, pending="stop", ready=False) for one in running], server)
        return False

    async def rename_user(self, user, name):
        self._change(f"rename_user {user} {name}")
        account = find(user, self.world.users)
        self.world.users = [replace(one, name=name) if one is account else one for one in self.world.users]
        return name

    async def create_user(self, name):
        self._change(f"create_user {name}")
        if any(one.name == name for one in self.world.users):
            return False
        self.world.users = [*self.world.users, HubUser(name, False, (), None)]
        return True

    async def delete_user(self, user):
        """Delete a user, and the claims that the spawner would name so, as KubeSpawner does."""
        self._change(f"delete_user {user}")
        kept = [one for one in self.world.users if one.name != user]
        gone, self.world.users = len(kept) < len(self.world.users), kept
        names = possible_names([user], [""])
        going = [replace(one, terminating=gone or one.terminating) for one in self.world.claims if one.name in names]
        self.world.claims = [*(one for one in self.world.claims if one.name not in names), *going]
        self.world.settle()
        return gone

    async def join_group(self, group, user):
        self._change(f"join_group {group} {user}")
        joined = [replace(one, groups=(*one.groups, group)) if one.name == user else one for one in self.world.users]
        if group in self.world.hub_groups:
            self.world.users = joined
        return group in self.world.hub_groups

    def _change(self, line):
        self.world.done.append(line)
        if self.world.hub_refuses is not None:
            raise self.world.hub_refuses


def _end(world, user, server):
    _keep(world, find(user, world.users), [], server)
    ours = [
        one for one in world.pods if one.user == user and one.labels.get("hub.jupyter.org/servername", server) == server
    ]
    others = [one for one in world.pods if one not in ours]
    world.pods = [*others, *(replace(one, terminating=True) for one in ours if one.name in world.stubborn)]
    world.settle()


def _keep(world, account, instead, server):
    kept = [one for one in account.servers if one.name != server]
    changed = replace(account, servers=(*kept, *instead))
    world.users = [changed if one is account else one for one in world.users]
