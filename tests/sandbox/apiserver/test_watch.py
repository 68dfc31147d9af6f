import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.router import make_app

MAPS = "/api/v1/namespaces/default/configmaps"


class Events:
    def __init__(self, response):
        self._response = response

    async def next(self):
        async with asyncio.timeout(240):
            line = await self._response.content.readline()
        assert line, "the watch ended"
        event = json.loads(line)
        return event["type"], event["object"]

    async def names(self, count):
        told = [await self.next() for _ in range(count)]
        return [(kind, obj["metadata"]["name"]) for kind, obj in told]

    async def end(self):
        async with asyncio.timeout(240):
            return [json.loads(line)["type"] async for line in self._response.content]


@asynccontextmanager
async def watching(cluster, query="", path=MAPS, accept="application/json"):
    url = f"{cluster.url}{path}?watch=true&{query}"
    async with cluster.session.get(url, headers={"Accept": accept}) as response:
        assert response.status == 200, await response.text()
        yield Events(response)


def put(store, name, **labels):
    obj = {"metadata": {"name": name, "labels": labels}}
    if store.find(r.CONFIG_MAP, "default", name) is None:
        return store.create(r.CONFIG_MAP, "default", obj)
    return store.modify(r.CONFIG_MAP, "default", name, lambda o: o["metadata"].update(labels=labels))


async def test_what_is_there_then_what_happens(cluster, store):
    put(store, "a")
    async with watching(cluster) as events:
        assert await events.names(1) == [("ADDED", "a")]
        put(store, "b")
        put(store, "a", x="y")
        store.delete(r.CONFIG_MAP, "default", "a")
        store.create(r.SECRET, "default", {"metadata": {"name": "other-kind"}})
        store.create(r.CONFIG_MAP, "kube-system", {"metadata": {"name": "other-namespace"}})
        put(store, "c")
        assert await events.names(4) == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "a"), ("ADDED", "c")]


async def test_a_watch_resumes_where_it_stopped(cluster, store):
    put(store, "a")
    revision = store.revision
    put(store, "b")
    store.delete(r.CONFIG_MAP, "default", "a")
    async with watching(cluster, f"resourceVersion={revision}") as events:
        assert (await events.next())[1]["metadata"]["name"] == "b"
        kind, obj = await events.next()
        assert (kind, obj["metadata"]["resourceVersion"]) == ("DELETED", str(store.revision))


async def test_a_forgotten_revision_is_gone(cluster, store):
    revision = put(store, "a")["metadata"]["resourceVersion"]
    put(store, "b")
    store.compact()
    async with watching(cluster, f"resourceVersion={revision}") as events:
        kind, status = await events.next()
        assert kind == "ERROR"
        assert (status["code"], status["reason"]) == (410, "Expired")
        assert "too old resource version" in status["message"]
        assert await events.end() == []


async def test_what_begins_and_ceases_to_match_is_added_and_deleted(cluster, store):
    put(store, "a", app="x")
    put(store, "b", app="y")
    async with watching(cluster, f"labelSelector=app%3Dx&resourceVersion={store.revision}") as events:
        put(store, "a", app="x", more="1")
        put(store, "b", app="x")
        put(store, "a", app="z")
        put(store, "a", app="z", more="2")
        store.delete(r.CONFIG_MAP, "default", "a")
        store.delete(r.CONFIG_MAP, "default", "b")
        told = await events.names(4)
        assert told == [("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a"), ("DELETED", "b")]


async def test_what_left_the_selection_is_told_as_it_was(cluster, store, new_pod):
    store.create(r.POD, "default", new_pod("p"))
    query = f"fieldSelector=status.phase%3DPending&resourceVersion={store.revision}"
    async with watching(cluster, query, path="/api/v1/pods") as events:
        store.modify(r.POD, "default", "p", lambda o: o["status"].update(phase="Running"))
        kind, obj = await events.next()
        assert (kind, obj["status"]["phase"]) == ("DELETED", "Pending")
        assert obj["metadata"]["resourceVersion"] == str(store.revision)


async def test_bookmarks_carry_a_quiet_watch_past_what_is_forgotten(cluster, store):
    async with watching(cluster, f"allowWatchBookmarks=true&resourceVersion={store.revision}") as events:
        for number in range(5):
            store.create(r.SECRET, "default", {"metadata": {"name": f"s{number}"}})
        kind, obj = await events.next()
        while kind == "BOOKMARK" and obj["metadata"]["resourceVersion"] != str(store.revision):
            kind, obj = await events.next()
        assert kind == "BOOKMARK"
        assert (obj["kind"], obj["apiVersion"]) == ("ConfigMap", "v1")
    store.compact()
    async with watching(cluster, f"resourceVersion={obj['metadata']['resourceVersion']}") as events:
        put(store, "a")
        assert await events.names(1) == [("ADDED", "a")]


async def test_initial_events_end_with_a_marked_bookmark(cluster, store):
    put(store, "a")
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    async with watching(cluster, query) as events:
        assert await events.names(1) == [("ADDED", "a")]
        kind, obj = await events.next()
        assert kind == "BOOKMARK"
        assert obj["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_a_watch_ends_at_its_time(cluster, store):
    query = f"timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion={store.revision}"
    async with watching(cluster, query) as events:
        assert (await events.end())[-1] == "BOOKMARK"


async def test_tables_and_metadata_are_watched_too(cluster, store):
    put(store, "a")
    async with watching(cluster, accept="application/json;as=Table;v=v1;g=meta.k8s.io,application/json") as events:
        kind, obj = await events.next()
        assert (kind, obj["kind"], obj["rows"][0]["cells"][0]) == ("ADDED", "Table", "a")
    partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    async with watching(cluster, accept=partial) as events:
        _, obj = await events.next()
        assert set(obj) == {"kind", "apiVersion", "metadata"}


async def test_one_who_left_is_forgotten(cluster, store):
    async with watching(cluster, f"resourceVersion={store.revision}"):
        assert store._history._subscribers[r.CONFIG_MAP]
    for _ in range(200):
        if not store._history._subscribers[r.CONFIG_MAP]:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the subscription is still there")


async def test_one_who_cannot_keep_up_has_to_list_again(cluster, store, monkeypatch):
    monkeypatch.setattr("sandbox.apiserver.storage.store.LAG", 10)
    async with watching(cluster, f"resourceVersion={store.revision}") as events:
        for number in range(20):
            put(store, f"a{number}")
        kind, status = await events.next()
        assert (kind, status["code"]) == ("ERROR", 410)


@pytest.mark.parametrize("count", [2000])
async def test_a_flood_arrives_whole_and_in_order(cluster, store, count):
    async with watching(cluster, f"resourceVersion={store.revision}") as events:
        for number in range(count):
            put(store, f"a{number:05d}")
        assert await events.names(count) == [("ADDED", f"a{number:05d}") for number in range(count)]


async def test_open_watches_do_not_hold_up_the_end_of_the_server(store):
    runner = web.AppRunner(make_app(store), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", runner.addresses[0][1])
    writer.write(f"GET {MAPS}?watch=1&resourceVersion={store.revision} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    async with asyncio.timeout(240):
        await runner.cleanup()
        while await reader.read(1000):
            pass
    writer.close()
    await writer.wait_closed()
