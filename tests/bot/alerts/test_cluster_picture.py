"""The cluster in memory: current by watches, mended after 410 and dropped connections, silent where Kubernetes is."""

import asyncio
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from bot.alerts import cluster
from bot.alerts.cluster import ClusterPicture
from clients.errors import Unavailable
from clients.kube import connect
from sandbox.clock import RealClock
from sandbox.kube import resources as r
from sandbox.kube.api import make_app
from sandbox.kube.store import Store
from tests.clients.test_kube import write_kubeconfig

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
    made = ClusterPicture(connection, SPACE, silence=1.5)
    yield made
    await made.close()
    await connection.close()


async def until(condition, within=10):
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.02)


async def names(picture, selector=""):
    return [pod.name for pod in await picture.pods(selector)]


async def test_it_follows_what_changes_and_tells_so(api, picture):
    told = []
    picture.changed = lambda: told.append(1)
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


async def _storm(api, picture, seconds, per_second=1_000):
    """So many changes of pods a second; the longest that something small on the same loop had to wait."""
    delays = []

    async def small():
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.01)
            delays.append(time.perf_counter() - begun - 0.01)
            await picture.pods("component=hub")

    small_work = asyncio.create_task(small())
    loop = asyncio.get_running_loop()
    begun, done = loop.time(), 0
    while (passed := loop.time() - begun) < seconds:
        for number in range(done, min(int(passed * per_second), int(seconds * per_second))):
            restarts = [{"name": "main", "image": "i:1", "restartCount": number, "ready": True}]
            api.store.modify(
                r.POD,
                SPACE,
                f"p{number % 500}",
                lambda pod, said=restarts: pod["status"].update(containerStatuses=said),
            )
            done = number + 1
        await asyncio.sleep(0.01)
    small_work.cancel()
    return done, max(delays)


async def _storm_is_weathered(api, picture, seconds):
    for number in range(500):
        api.pod(f"p{number}", component="singleuser-server")
    await picture.pods()
    await _storm(api, picture, 1)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        done, delay = await _storm(api, picture, seconds)
        api.store.compact()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert done >= seconds * 500

    async def nothing_missed():
        kept = {pod.name: pod.restarts for pod in await picture.pods()}
        there = {
            p["metadata"]["name"]: p["status"]["containerStatuses"][0]["restartCount"] for p in api.store.list(r.POD)
        }
        return kept == there

    await until(nothing_missed)
    assert delay < 1.0
    # The sandbox's own history, which is in the same process, is part of it.
    assert after - before < 60 * 2**20


async def test_a_second_of_a_thousand_changes_is_weathered(api, picture):
    await _storm_is_weathered(api, picture, 2)


@pytest.mark.fault
async def test_a_minute_of_a_thousand_changes_a_second_is_weathered(api, picture):
    await _storm_is_weathered(api, picture, 60)
