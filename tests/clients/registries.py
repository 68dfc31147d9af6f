"""The sandbox's registry, git server and builds on loopback, for tests of what talks to them."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web

from clients.acr import Acr
from clients.azure.acr_tasks import Builds as BuildClient
from clients.git import Repository
from sandbox.azure.acr_tasks import Builds
from sandbox.azure.acr_tasks_routes import REGISTRY, BuildRoutes, LogStore
from sandbox.azure.arm import RESOURCE_GROUP, SUBSCRIPTION, Arm
from sandbox.azure.arm_routes import ArmRoutes
from sandbox.clock import RealClock
from sandbox.git.refs import REPOSITORY, GitRefs
from sandbox.git.refs_routes import GitRefsRoutes
from sandbox.registry.images import Registry
from sandbox.registry.images_routes import ImagesRoutes
from sandbox.runtime.images import Images

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SERVER = "jhub.azurecr.io"


@dataclass
class Place:
    """`asked` is what was asked, of whichever of them: method and path. `before` may answer in their place."""

    clock: RealClock
    images: Images
    registry: Registry
    builds: Builds
    arm: Arm
    tasks: list
    urls: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    made: list = field(default_factory=list)
    before: object = None

    @property
    def git(self) -> GitRefs:
        return self.builds.git

    def acr(self, **more):
        token = more.pop("token", given(lambda: self.registry.tokens.entra))
        self.made.append(Acr(self.urls["registry"], token, **{"login_server": SERVER} | more))
        return self.made[-1]

    def source(self, token=None, **more):
        return Repository(self.builds.git_url, given(lambda: self.git.token) if token is None else token, **more)

    def client(self, **more):
        where = {"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP, "registry": REGISTRY}
        secret = {"source_token": given(lambda: self.git.token)}
        self.made.append(BuildClient(self.urls["arm"], given(lambda: self.arm.token), **where | secret | more))
        return self.made[-1]

    def paths(self, method):
        return [path for asked, path in self.asked if asked == method]

    async def close(self):
        for client in self.made:
            await client.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def given(secret):
    async def token():
        return secret()

    return token


async def place_of(aiohttp_server, *, speed=1.0, tags=("7c1d2e9", "3f9a41c", "a4e2b90")):
    """All of them; `close` in the end. The tags are a day apart, the first the newest."""
    clock, images, tasks = RealClock(speed=speed, start=NOW), Images(), []
    registry = Registry(clock, images, SERVER)
    for days, tag in enumerate(tags, 1):
        registry.push("notebook", tag, NOW - timedelta(days=days))
    builds = Builds(registry, GitRefs(), clock, lambda work: tasks.append(asyncio.ensure_future(work)))
    made = Place(clock, images, registry, builds, Arm(), tasks)

    async def served(app):
        app.middlewares.insert(0, _recording(made))
        return str((await aiohttp_server(app)).make_url("")).rstrip("/")

    made.urls["registry"] = await served(ImagesRoutes(registry).app())
    builds.git_url = f"{await served(GitRefsRoutes(builds.git).app())}/{REPOSITORY}"
    made.urls["logs"] = await served(LogStore(builds).app())
    made.urls["arm"] = await served(ArmRoutes(made.arm).app(BuildRoutes(builds, made.urls["logs"]).routes()))
    return made


def _recording(made):
    @web.middleware
    async def record(request, handler):
        made.asked.append((request.method, request.path))
        answer = await made.before(request) if made.before is not None else None
        return await handler(request) if answer is None else answer

    return record
