"""The stopping of servers, against a real JupyterHub whose servers take longer to stop than it holds a DELETE."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from clients.hub import HubWriter
from commands.framework import polling
from commands.spawner import stopping
from commands.spawner.runs import ServerRun, start_of
from commands.spawner.stopping import stop_servers
from tests.contract.hubs import BOT, LINUS, STOP_SECONDS
from tests.world import Doing, World


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """All seconds are scaled: those of the hub to a fortieth, and the pace at which it is looked at."""
    monkeypatch.setattr(polling, "PACE", 0.1)


class Work(Doing):
    """An operation whose hub is the real one. Kubernetes knows of no pods."""

    def __init__(self, real, writer=None):
        super().__init__(World(pods=[]))
        self.real, self.writer = real, Counting(writer or real.writer())

    @property
    def reads(self):
        return replace(super().reads, hub=self.real.reader())

    @property
    def writes(self):
        return replace(super().writes, hub=self.writer)


@dataclass
class Counting:
    """A writer that counts what it asks for: in all, and at the most at a time."""

    inner: HubWriter
    asked: int = 0
    now: int = 0
    most: int = 0

    async def stop_server(self, name, server=""):
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await self.inner.stop_server(name, server)
        finally:
            self.now -= 1


async def runs_of(real, names):
    found = {one.name: one for one in await real.reader().users("active")}
    return [ServerRun(name, server.name, start_of(server)) for name in names for server in found[name].servers]


async def test_many_stop_side_by_side_and_the_hub_is_asked_for_some_at_a_time(real, slow_users, monkeypatch):
    monkeypatch.setattr(stopping, "AT_ONCE", 3)
    runs, do = await runs_of(real, slow_users), Work(real)
    began = asyncio.get_running_loop().time()
    assert await stop_servers(runs, do) == ()
    took = asyncio.get_running_loop().time() - began
    assert (do.writer.asked, do.writer.most) == (len(slow_users), 3)
    assert await real.reader().users("active") == []
    assert took < len(slow_users) * STOP_SECONDS, "that is how long they take one behind the other"
    assert do.told[0] == (f"0 of {len(slow_users)} servers have stopped",)


async def test_an_answer_that_is_lost_is_no_failure(real, slow_users):
    """The client waits for less than the hub holds the request, as where a proxy breaks it off."""

    async def give():
        return BOT

    hasty = HubWriter(real.url, give, lambda: real.http, timeout=0.05)
    runs = await runs_of(real, slow_users[:4])
    assert await stop_servers(runs, Work(real, hasty)) == ()
    assert {one.name for one in await real.reader().users("active")} == set(slow_users[4:])
    assert await stop_servers(await runs_of(real, slow_users[4:]), Work(real)) == ()


async def test_a_server_that_stops_is_stopping_and_neither_ready_nor_starting(real, slow_users):
    assert await real.writer().stop_server(slow_users[0]) is False
    (server,) = (await real.reader().user(slow_users[0])).servers
    assert (server.state, server.pending, server.ready) == ("stopping", "stop", False)
    assert slow_users[0] in {one.name for one in await real.reader().users("active")}
    assert await real.writer().stop_server(slow_users[0]) is False
    assert await stop_servers(await runs_of(real, slow_users), Work(real)) == ()


async def test_a_server_that_was_started_again_is_left_alone(real):
    await real.start(LINUS)
    before = await runs_of(real, [LINUS])
    assert await stop_servers(before, Work(real)) == ()
    await real.start(LINUS)
    do = Work(real)
    assert await stop_servers(before, do) == ()
    assert do.writer.asked == 0
    assert [server.ready for server in (await real.reader().user(LINUS)).servers] == [True]
    assert await stop_servers(await runs_of(real, [LINUS]), do) == ()


async def test_where_only_a_named_server_runs_the_default_one_is_not_asked_for(real):
    await real.start(LINUS, "thesis")
    do = Work(real)
    assert await stop_servers([ServerRun(LINUS)], do) == ()
    assert do.writer.asked == 0
    assert await stop_servers([ServerRun(LINUS, "thesis")], do) == ()
    assert (await real.reader().user(LINUS)).servers == ()
