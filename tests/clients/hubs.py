"""The sandbox's hub with its cluster on loopback, for tests of what talks to a hub."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import DEPLOYMENT
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.controllers import Controllers
from sandbox.jupyterhub.hub_routes import HubRoutes
from sandbox.jupyterhub.oauth import SignIn
from sandbox.jupyterhub.spawner import Profile
from sandbox.jupyterhub.users import HubUsers, User
from sandbox.runtime.images import Images
from sandbox.scenario import bare_cluster as cluster

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Hub:
    """A hub with its cluster, on loopback. `asked` is what was asked of it: method, path as sent, header."""

    store: Store
    clock: ManualClock
    controllers: Controllers
    users: HubUsers
    server: object = None
    asked: list = field(default_factory=list)
    made: list = field(default_factory=list)

    def client(self, kind, text, **more):
        async def give():
            return text

        self.made.append(kind(str(self.server.make_url("/")), give, **more))
        return self.made[-1]

    def start(self, user, server=""):
        self.users.start(self.users.find(user), server)

    async def close(self):
        for client in self.made:
            await client.close()

    async def live(self, seconds=60):
        for _ in range(seconds):
            await self.controllers.settle()
            await self.clock.advance(1)


async def hub_of(aiohttp_server, names, admins, tokens):
    """A hub that knows these people and tokens, ready; `close` its clients in the end."""
    clock = ManualClock(NOW)
    store = Store(clock)
    cluster.build(store, ("jhub",), cluster.pools(10), NOW)
    for name in ("hub", "proxy"):
        store.create(DEPLOYMENT, "jhub", deployment(name))
    users = HubUsers(store, Profile("jhub", "jupyterhub", "example.org/notebook:1", "10Gi", "managed-csi"))
    for name in names:
        users.add(User(name, NOW, NOW, admin=name in admins))
    made = Hub(store, clock, Controllers(store, clock, Images()), users)

    @web.middleware
    async def record(request, handler):
        made.asked.append((request.method, request.raw_path, request.headers.get("Authorization")))
        return await handler(request)

    sign_in = SignIn(store, "jhub", "hub.example.org", lambda *_: True)
    # Time stands still while a request is answered.
    app = HubRoutes(store, users, tokens, sign_in, slow_stop_timeout=0).app()
    app.middlewares.insert(0, record)
    made.server = await aiohttp_server(app)
    await made.live()
    return made


def deployment(name):
    labels = {"component": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": name, "image": f"example.org/{name}:1"}]},
    }
    return {
        "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }
