"""`jhub-bot health` against something that answers, something that does not, and nothing."""

import asyncio

import pytest
from aiohttp import web

from bot.cli.health import healthy
from bot.config import settings_from


def settings(port):
    return settings_from({"teams": {"port": port, "host": "127.0.0.1"}})


@pytest.mark.parametrize(("status", "alive"), [(200, True), (503, False)])
async def test_health_is_what_healthz_says(aiohttp_server, status, alive):
    async def answer(_):
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/healthz", answer)
    server = await aiohttp_server(app)
    assert await asyncio.to_thread(healthy, settings(server.port)) is alive


async def test_nobody_there_is_not_healthy(unused_tcp_port):
    assert not await asyncio.to_thread(healthy, settings(unused_tcp_port))
