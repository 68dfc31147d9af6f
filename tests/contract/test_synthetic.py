"""A synthetic user from its account to its end, on both hubs, with no scope but those for that user alone."""

import asyncio
import contextlib

import pytest

from clients.errors import Forbidden, NotFound, Unavailable
from clients.hub import SyntheticUsers
from clients.jupyter import JupyterServers
from sandbox.scenario.release import TEST_USER
from tests.contract.hubs import ADA, TESTER, given


@pytest.fixture
async def users(side):
    made = SyntheticUsers(side.url, lambda: given(TESTER), lambda: side.http)
    yield made
    with contextlib.suppress(Exception):
        await made.delete(TEST_USER)


@contextlib.asynccontextmanager
async def living(side):
    """Let time go on meanwhile where it stands still by itself."""

    async def go_on():
        while True:
            await side.live()

    task = asyncio.create_task(go_on())
    yield
    task.cancel()


async def test_a_user_starts_a_server_runs_a_cell_and_is_gone(side, users):
    assert await users.create(TEST_USER) is True
    assert await users.create(TEST_USER) is False
    assert await users.start(TEST_USER, {}) in (True, False)
    async with living(side):
        told = [event async for event in users.progress(TEST_USER, 60)]
    assert told[-1].ready, told
    servers = JupyterServers(side.url, lambda user: users.token(user, "for a test", 600))
    async with servers.of(TEST_USER) as server:
        specs = await server.kernel_specs()
        assert specs.python
        async with server.kernel(specs.python) as kernel:
            assert (await kernel.execute("1 + 1")).value == "2"
            assert (await kernel.execute("1 / 0")).error == "ZeroDivisionError: division by zero"
    async with living(side):
        while not await users.delete(TEST_USER):
            await asyncio.sleep(0.1)
    assert TEST_USER not in {one.name for one in await side.reader().users()}


async def test_it_may_do_nothing_to_anybody_else(side, users):
    with pytest.raises(Forbidden):
        await users.create("somebody")
    with pytest.raises((NotFound, Unavailable)):
        await users.token(ADA, "a note", 60)
    with pytest.raises((NotFound, Unavailable)):
        await users.start(ADA, {})
    # Whom the token may not delete is not there for it.
    assert await users.delete(ADA) is True
    assert ADA in {one.name for one in await side.reader().users()}
    assert "somebody" not in {one.name for one in await side.reader().users()}
