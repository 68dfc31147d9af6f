"""The cluster in memory: current by watches, mended after 410 and dropped connections, silent where Kubernetes is."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from clients.errors import Unavailable
from clients.kube import connect
from clients.kube import informer as cluster
from clients.kube.informer import CachedReader
from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import RealClock
from tests.clients.kube.test_reader import write_kubeconfig

SPACE = "jhub"


class Api:
    """The sandbox's API server, which can be made silent or refuse, and counts who watches."""

    def __init__(self):
        self.store = Store(RealClock(start=datetime.now(UTC)))
        for name in ("default", SPACE):
            self.store.create(r.NAMESPACE, None, {"metadata": {"name": name}})
        self.refuses = 0
        self.watching = 0
        self.asked = 0

    @web.middleware
    async def between(self, request, handler):
        self.asked += 1
        if self.refuses:
            return web.json_response({}, status=self.refuses)
        if "watch" not in request.query:
            return await handler(request)
        self.watching += 1
        try:
            return await handler(request)
        finally:
            self.watching -= 1

    def pod(self, name, **labels):
        spec = {"containers": [{"name": "main", "image": "i:1"}]}
        return self.store.create(r.POD, SPACE, {"metadata": {"name": name, "labels": labels}, "spec": spec})

    def event(self, name, ago=timedelta(0), **more):
        about = {"kind": "Pod", "namespace": SPACE, "name": "p"}
        last = (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H:%M:%SZ")
        said = {"type": "Warning", "reason": "Failed", "message": "m", "involvedObject": about, "lastTimestamp": last}
        self.store.create(r.EVENT, SPACE, {"metadata": {"name": name}, **said, **more})


@pytest.fixture
async def api(aiohttp_server):
    made = Api()
    app = make_app(made.store)
    app.middlewares.append(made.between)
    made.server = await aiohttp_server(app)
    return made


@pytest.fixture
async def picture(api, tmp_path):
    config = write_kubeconfig(tmp_path / "config", str(api.server.make_url("")).rstrip("/"), {"token": "t"})
    connection = await connect(config)
    made = CachedReader(connection, SPACE, silence=1.5)
    yield made
    await made.close()
    await connection.close()


async def until(condition, within=240):
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.02)


async def names(picture, selector=""):
    return [pod.name for pod in await picture.pods(selector)]


async def test_it_follows_what_changes_and_tells_so(api, picture):
    told = []
    picture.on_change = lambda: told.append(1)
    api.pod("a", component="hub")
    assert await names(picture) == ["a"]
    begun = len(told)
    api.pod("b", component="proxy")

    async def both():
        return await names(picture) == ["a", "b"]

    await until(both)
    assert len(told) > begun
    assert await names(picture, "component=proxy") == ["b"]
    api.store.remove(r.POD, SPACE, "a")

    async def one():
        return await names(picture) == ["b"]

    await until(one)


async def test_asking_again_asks_nothing_of_the_api_server(api, picture):
    api.pod("a")
    await picture.pods()
    await until(lambda: asyncio.sleep(0, api.watching == 1))
    before = api.asked
    for _ in range(50):
        await picture.pods()
    assert api.asked == before


async def test_nobody_watches_until_somebody_looks(api, picture):
    await asyncio.sleep(0.1)
    assert api.asked == 0
    await picture.nodes()
    assert api.asked > 0


async def test_it_is_closed_when_nobody_looks_any_more(api, picture, monkeypatch):
    monkeypatch.setattr(cluster, "_UNWANTED", 0.2)
    await picture.pods()
    await asyncio.sleep(0.3)
    api.pod("wakes-it")
    await until(lambda: asyncio.sleep(0, api.watching == 0))
    assert await names(picture) == ["wakes-it"]


@pytest.mark.parametrize("refusal", [503, 410])
async def test_after_a_dropped_watch_or_an_expired_version_nothing_is_missing(api, picture, refusal):
    api.pod("a")
    await picture.pods()
    await until(lambda: asyncio.sleep(0, api.watching == 1))
    # Every connection breaks, and what happens meanwhile is forgotten by the server.
    for transport in [one.transport for one in api.server.runner.server.connections]:
        transport.abort()
    api.pod("b")
    api.store.remove(r.POD, SPACE, "a")
    if refusal == 410:
        api.store.compact()

    async def mended():
        return await names(picture) == ["b"]

    await until(mended)


async def test_silence_is_no_picture(api, picture):
    api.pod("a")
    assert await names(picture) == ["a"]
    api.refuses = 503
    for transport in [one.transport for one in api.server.runner.server.connections]:
        transport.abort()

    async def silent():
        try:
            await picture.pods()
        except Unavailable as error:
            return error.system == "Kubernetes"
        return False

    await until(silent)
    api.refuses = 0

    async def back():
        try:
            return await names(picture) == ["a"]
        except Unavailable:
            return False

    await until(back)


async def test_where_the_bot_may_not_list_that_is_said(api, picture):
    api.refuses = 403
    with pytest.raises(Unavailable, match="the bot may not list events"):
        await picture.events()


async def test_events_of_more_than_an_hour_before_the_newest_are_forgotten(api, picture):
    api.event("old", timedelta(minutes=90))
    api.event("older-than-asked", timedelta(minutes=20))
    api.event("new")
    assert len(await picture.events()) == 2
    assert len(await picture.events(datetime.now(UTC) - timedelta(minutes=10))) == 1


async def test_so_many_events_are_kept_and_the_newest(api, picture, monkeypatch):
    monkeypatch.setattr(cluster, "MOST_EVENTS", 20)
    for number in range(50):
        api.event(f"e{number}", message=str(number))
    await picture.events()
    for number in range(50, 60):
        api.event(f"e{number}", message=str(number))

    async def newest():
        kept = [event.message for event in await picture.events()]
        return len(kept) == 20 and {str(number) for number in range(50, 60)} <= set(kept)

    await until(newest)


class Storm:
    """A server that streams so many changes a second of so many pods, each pod's restarts counted."""

    def __init__(self, seconds, per_second=1_000, pods=500):
        self.seconds, self.per_second = seconds, per_second
        self.restarts = dict.fromkeys(range(pods), 0)
        self.sent = 0
        self.over = asyncio.Event()
        self.app = web.Application()
        self.app.router.add_get("/{path:.*}", self.answer)

    def pod(self, number):
        restarts = self.restarts[number]
        statuses = [{"name": "notebook", "image": "i:1", "ready": True, "restartCount": restarts, "state": {}}]
        return {
            "kind": "Pod",
            "metadata": {
                "name": f"p{number}",
                "uid": f"uid-{number}",
                "resourceVersion": str(self.sent),
                "creationTimestamp": "2026-11-01T08:00:00Z",
                "labels": {"component": "singleuser-server", "app": "jupyterhub", "release": "jhub"},
                "annotations": {"hub.jupyter.org/username": f"user{number}@example.org"},
            },
            "spec": {"nodeName": "n1", "containers": [{"name": "notebook", "image": "i:1"}]},
            "status": {"phase": "Running", "containerStatuses": statuses},
        }

    async def answer(self, request):
        if "watch" not in request.query:
            items = [self.pod(number) for number in self.restarts]
            return web.json_response({"kind": "PodList", "items": items, "metadata": {"resourceVersion": "0"}})
        response = web.StreamResponse()
        await response.prepare(request)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while (passed := loop.time() - begun) < self.seconds:
            await response.write(b"".join(self.lines(min(passed * self.per_second, self.seconds * self.per_second))))
            await asyncio.sleep(0.01)
        self.over.set()
        await asyncio.sleep(30)
        return response

    def lines(self, wanted):
        while self.sent < wanted:
            self.sent += 1
            number = self.sent % len(self.restarts)
            self.restarts[number] += 1
            yield json.dumps({"type": "MODIFIED", "object": self.pod(number)}).encode() + b"\n"


def _megabytes():
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * 4096 / 2**20


async def _longest_wait(picture, storm):
    """How long something small on the same loop, and a look at the picture, took at the most."""
    longest = 0.0
    while not storm.over.is_set():
        begun = time.perf_counter()
        await asyncio.sleep(0.01)
        await picture.pods("component=hub")
        longest = max(longest, time.perf_counter() - begun)
    return longest


async def _storm_is_weathered(aiohttp_server, tmp_path, seconds):
    storm = Storm(seconds)
    server = await aiohttp_server(storm.app)
    url = str(server.make_url("")).rstrip("/")
    connection = await connect(write_kubeconfig(tmp_path / "config", url, {"token": "t"}))
    picture = CachedReader(connection, SPACE)
    await picture.pods()
    await until(lambda: asyncio.sleep(0, storm.sent > 1_000))
    before = _megabytes()
    waited = await _longest_wait(picture, storm)
    grown = _megabytes() - before

    async def nothing_missed():
        return {int(pod.name[1:]): pod.restarts for pod in await picture.pods()} == storm.restarts

    await until(nothing_missed)
    await picture.close()
    await connection.close()
    assert storm.sent >= seconds * storm.per_second * 0.9
    assert waited < 1.0
    assert grown < 20


async def test_three_seconds_of_a_thousand_changes_each_are_weathered(aiohttp_server, tmp_path):
    await _storm_is_weathered(aiohttp_server, tmp_path, 3)


@pytest.mark.fault
async def test_a_minute_of_a_thousand_changes_a_second_is_weathered(aiohttp_server, tmp_path):
    await _storm_is_weathered(aiohttp_server, tmp_path, 60)
