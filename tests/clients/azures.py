"""The sandbox's Azure on loopback with a cluster of three pools, for tests of what talks to it."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from clients.azure.aks import Aks
from clients.azure.bot_service import BotService
from clients.azure.compute import Compute
from sandbox.apiserver.storage.store import Store
from sandbox.azure.arm import CLUSTER, RESOURCE_GROUP, SUBSCRIPTION, Arm
from sandbox.azure.arm_routes import ArmRoutes
from sandbox.azure.bot_service import BOT
from sandbox.azure.bot_service import BotService as Service
from sandbox.azure.bot_service_routes import BotServiceRoutes
from sandbox.azure.compute_routes import ComputeRoutes
from sandbox.azure.managed_cluster import ManagedCluster, managed_cluster
from sandbox.azure.managed_cluster_routes import ManagedClusterRoutes
from sandbox.clock import RealClock
from sandbox.scenario import bare_cluster as cluster

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclass
class Azure:
    """`asked` is what was asked of it: method and path. `before` may hold a request back or refuse it."""

    store: Store
    clock: RealClock
    estate: ManagedCluster
    arm: Arm
    tasks: list
    server: object = None
    asked: list = field(default_factory=list)
    made: list = field(default_factory=list)
    before: object = None
    bot: Service = field(default_factory=Service)
    quota: ComputeRoutes = None

    def client(self, **more):
        async def token():
            return self.arm.token

        where = {"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP, "cluster": CLUSTER}
        url = str(self.server.make_url("")).rstrip("/")
        self.made.append(Aks(url, more.pop("token", token), **where | {"look_every": 0.02} | more))
        return self.made[-1]

    def bot_service(self, **more):
        async def token():
            return self.arm.token

        where = {"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP, "bot": BOT}
        url = str(self.server.make_url("")).rstrip("/")
        self.made.append(BotService(url, more.pop("token", token), **where | more))
        return self.made[-1]

    def compute(self, **more):
        async def token():
            return self.arm.token

        url = str(self.server.make_url("")).rstrip("/")
        self.made.append(Compute(url, more.pop("token", token), **{"subscription_id": SUBSCRIPTION} | more))
        return self.made[-1]

    def puts(self):
        return [path.rpartition("/")[2] for method, path in self.asked if method == "PUT"]

    async def close(self):
        for client in self.made:
            await client.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def azure_of(aiohttp_server, *, speed=100.0, active=10):
    """An Azure whose time runs `speed` times as fast; `close` it in the end."""
    clock, tasks = RealClock(speed=speed, start=NOW), []
    store = Store(clock)
    cluster.build(store, ("jhub",), cluster.pools(active), NOW)
    estate = managed_cluster(store, clock, lambda work: tasks.append(asyncio.ensure_future(work)))
    made = Azure(store, clock, estate, Arm(), tasks, quota=ComputeRoutes(estate))

    @web.middleware
    async def record(request, handler):
        made.asked.append((request.method, request.path))
        if made.before is not None:
            refused = await made.before(request)
            if refused is not None:
                return refused
        return await handler(request)

    app = ArmRoutes(made.arm).app(
        [
            *ManagedClusterRoutes(estate, retry_after=0).routes(),
            *BotServiceRoutes(made.bot).routes(),
            *made.quota.routes(),
        ]
    )
    app.middlewares.insert(0, record)
    made.server = await aiohttp_server(app)
    return made
