"""A cluster in Azure, as the commands on nodes see it."""

from dataclasses import replace
from datetime import timedelta

from clients.azure.aks import Cluster, Pool
from clients.azure.compute import Quota, Size, Usage
from clients.errors import NotFound
from clients.hub import HubServer, HubUser
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from tests.world import NOW, Doing, node, pod

LABEL = {"hub.jupyter.org/node-purpose": "user"}


def a_pool(name, count, **more):
    its = {"mode": "User", "size": "Standard_E8s_v5", "minimum": None, "maximum": None, "state": "Succeeded"}
    rest = {"power": "Running", "version": "1.32.7", "labels": {}, "taints": (), "tags": {}, "etag": "e"}
    return Pool(name=name, count=count, **its | rest | more)


class Azure:
    """A cluster that does at once what it is asked, unless `trouble` says otherwise."""

    def __init__(self):
        self.listed = {
            "core": a_pool("core", 1),
            "system": a_pool("system", 2, mode="System"),
            "users": a_pool("users", 2, minimum=1, maximum=5, labels=LABEL),
        }
        self.its = Cluster("jhub-aks", "Succeeded", "Running", "1.32.7", "westeurope", "Free", {}, "e")
        self.done = []
        self.trouble = {}

    async def pools(self):
        return list(self.listed.values())

    async def pool(self, name):
        if name not in self.listed:
            raise NotFound(name)
        return self.listed[name]

    async def cluster(self):
        return self.its

    def _do(self, what):
        if what in self.trouble:
            raise self.trouble[what]
        self.done.append(what)
        return f"token of {what}"

    async def scale(self, pool, count, tags):
        self.listed[pool.name] = replace(pool, count=count, minimum=None, maximum=None, tags=tags)
        return self._do(f"scale {pool.name} {count}")

    async def autoscale(self, pool, minimum, maximum, count, tags):
        self.listed[pool.name] = replace(pool, count=count, minimum=minimum, maximum=maximum, tags=tags)
        return self._do(f"autoscale {pool.name} {minimum} {maximum}")

    async def create_pool(self, name, *, size, minimum, maximum, labels, taints):
        self.listed[name] = a_pool(
            name, minimum, size=size, minimum=minimum, maximum=maximum, labels=labels, taints=taints
        )
        return self._do(f"create {name}")

    async def delete_pool(self, pool):
        del self.listed[pool.name]
        return self._do(f"delete {pool.name}")

    async def disable_addon(self, cluster, addon):
        self.its = replace(cluster, addons={addon: False})
        return self._do(f"disable {addon}")

    async def stop(self):
        self.its = replace(self.its, power="Stopped")
        return self._do("stop")

    async def start(self):
        self.its = replace(self.its, power="Running")
        return self._do("start")

    async def finish(self, token, *, within):
        assert within > 60
        self._do(f"finish {token.removeprefix('token of ')}")


class Estate(Doing):
    """The systems of a command, Azure included; Kubernetes has the nodes that the pools should have."""

    def __init__(self, azure, world):
        super().__init__(world)
        self.azure = azure
        self.quotas = None

    @property
    def reads(self):
        return replace(self.world.reads, azure=self.azure, kube=Kube(self.world, self.azure), quotas=self.quotas)

    @property
    def writes(self):
        return replace(super().writes, azure=self.azure)


class Kube:
    def __init__(self, world, azure):
        self.world, self.azure = world, azure
        self.system = []

    async def pods(self, selector=""):
        return await self.world.reads.kube.pods(selector)

    async def nodes(self):
        return [
            node(f"aks-{pool.name}-{n}", pool.name) for pool in self.azure.listed.values() for n in range(pool.count)
        ]

    async def autoscaler_events(self, since):
        return await self.world.reads.kube.autoscaler_events(since)

    async def system_pods(self):
        return self.world.system


def sits(world, user, minutes, on="aks-users-0"):
    """Somebody has a server on a node and was last active so many minutes ago."""
    seen = NOW - timedelta(minutes=minutes)
    world.users = [*world.users, HubUser(user, False, (HubServer("", True, "", NOW, seen),), seen)]
    name = f"jupyter-{user.partition('@')[0]}"
    world.pods = [*world.pods, pod(name, "singleuser-server", node=on, user=user)]


async def planned(do, line):
    parsed = parse(line, catalogue())
    return parsed.command, await parsed.command.plan(parsed.args, do.reads)


async def done(do, line):
    command, plan = await planned(do, line)
    command.preview(plan)
    return await command.apply(plan, do)


class Quotas:
    """A quota of machines with 8 vCPUs; it raises `trouble` instead of answering, if there is one."""

    def __init__(self, used, limit, *, offered=True, trouble=None):
        self.told = Quota(Size("f", 8, offered=offered), (Usage("Standard ESv5 Family vCPUs", used, limit),))
        self.trouble, self.asked = trouble, []

    async def quota(self, location, size):
        self.asked.append((location, size))
        if self.trouble:
            raise self.trouble
        return self.told
