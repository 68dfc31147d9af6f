"""The announcement service's client, over HTTP: against JupyterHub's example, and against what is another."""

import pytest
from aiohttp import web

from clients.errors import Forbidden, NotFound, Unavailable
from clients.hub import AnnouncementClient

TOKEN = "t0ken"
ROOT = "/services/announcement/"


class Service:
    """What a service was told; with `refuses` it takes nothing."""

    def __init__(self, refuses=False):
        self.told = ""
        self.refuses = refuses

    def check(self, request):
        if self.refuses:
            raise web.HTTPInternalServerError
        if request.headers.get("Authorization") != f"token {TOKEN}":
            raise web.HTTPForbidden


class Example(Service):
    """JupyterHub's example."""

    def app(self):
        app = web.Application()
        app.add_routes([web.get(ROOT, self.get), web.post(ROOT, self.post), web.delete(ROOT, self.delete)])
        return app

    async def get(self, _):
        return web.json_response({"announcement": self.told})

    async def post(self, request):
        self.check(request)
        self.told = (await request.json())["announcement"]
        return await self.get(request)

    async def delete(self, request):
        self.check(request)
        self.told = ""
        return await self.get(request)


class Package(Service):
    """jupyterhub-announcement 0.9.3, which refuses whoever does not send a form from an admin's browser."""

    def app(self):
        app = web.Application()
        app.add_routes([web.post(ROOT, self.refuse), web.get(f"{ROOT}latest", self.latest)])
        return app

    async def refuse(self, _):
        raise web.HTTPForbidden

    async def latest(self, _):
        return web.json_response({"announcement": ""})


@pytest.fixture
def client_of(aiohttp_server):
    async def connect(service, token=TOKEN):
        server = await aiohttp_server(service.app())

        async def told():
            return token

        return AnnouncementClient(str(server.make_url("/")), told, timeout=5.0)

    return connect


async def test_it_announces_and_ends(client_of):
    service = Example()
    client = await client_of(service)
    await client.show("Back &lt;at&gt; 18:00 ‘Æ’")
    assert service.told == "Back &lt;at&gt; 18:00 ‘Æ’"
    await client.clear()
    assert service.told == ""
    await client.close()


async def test_a_token_without_the_scope_is_said_with_what_mends_it(client_of):
    client = await client_of(Example(), token="another")
    with pytest.raises(Forbidden, match="refused the bot's token") as refused:
        await client.show("x")
    assert "access:services!service=announcement" in refused.value.remedy
    await client.close()


async def test_where_there_is_no_service_that_is_said(client_of):
    class Nothing(Service):
        def app(self):
            return web.Application()

    client = await client_of(Nothing())
    with pytest.raises(NotFound, match="no announcement service"):
        await client.show("x")
    await client.close()


async def test_a_service_that_only_takes_a_browsers_form_is_said_to(client_of):
    client = await client_of(Package())
    with pytest.raises(Unavailable, match="only from an admin's browser"):
        await client.show("x")
    await client.close()


async def test_an_error_is_one(client_of):
    client = await client_of(Example(refuses=True))
    with pytest.raises(Unavailable, match="500"):
        await client.clear()
    await client.close()


def test_an_address_that_is_none_is_refused():
    async def told():
        return TOKEN

    with pytest.raises(ValueError, match="plain http or https"):
        AnnouncementClient("ftp://hub", told)
