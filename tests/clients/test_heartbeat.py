"""The dead-man's switch is asked by GET, and its address is in no error."""

import pytest
from aiohttp import web

from clients.errors import Unavailable
from clients.heartbeat import Heartbeat

TOKEN = "a-very-secret-path"


def at(url):
    async def read():
        return url

    return Heartbeat(read, timeout=0.5)


async def test_it_is_asked(aiohttp_server):
    asked = []

    async def handle(request):
        asked.append((request.method, request.path))
        return web.Response()

    app = web.Application()
    app.router.add_get(f"/{TOKEN}", handle)
    server = await aiohttp_server(app)
    await at(str(server.make_url(f"/{TOKEN}"))).beat()
    assert asked == [("GET", f"/{TOKEN}")]
    with pytest.raises(Unavailable, match="answered with 404") as error:
        await at(str(server.make_url(f"/other-{TOKEN}"))).beat()
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize(
    "url", ["", "ftp://example.org/x", "not an address", f"http://127.0.0.1:1/{TOKEN}", "http://[/"]
)
async def test_what_cannot_be_asked_is_said_without_its_address(url):
    with pytest.raises(Unavailable) as error:
        await at(url).beat()
    assert TOKEN not in str(error.value)
    assert error.value.__cause__ is None
