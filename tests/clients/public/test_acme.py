"""What Let's Encrypt needs, probed: port 80 whatever it answers, a directory that is one."""

import asyncio

import pytest
from aiohttp import web

from clients.errors import Unavailable
from clients.public.acme import Issuing

HOST = "hub.example.org"


class Web:
    def __init__(self):
        self.status, self.body, self.asked, self.hangs = 200, b'{"newOrder": "https://x"}', [], False

    async def handle(self, request):
        self.asked.append((request.path, request.host))
        if self.hangs:
            await asyncio.sleep(10)
        return web.Response(status=self.status, body=self.body, headers={"Location": "http://127.0.0.1:1/"})


@pytest.fixture
async def outside(aiohttp_server):
    made = Web()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.handle)
    made.server = await aiohttp_server(app)
    return made


@pytest.fixture
def issuing(outside, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    url = str(outside.server.make_url("/directory"))
    return Issuing(HOST, address="127.0.0.1", port=outside.server.port, directory=url, timeout=0.5)


@pytest.mark.parametrize("status", [200, 301, 404, 500])
async def test_any_answer_on_port_80_is_one_and_is_not_followed(outside, issuing, status):
    outside.status = status
    await issuing.challenge()
    assert outside.asked == [("/.well-known/acme-challenge/jhub-bot", HOST)]


async def test_a_closed_port_is_told(outside):
    await outside.server.close()
    with pytest.raises(Unavailable, match="port 80 cannot be reached"):
        await Issuing(HOST, address="127.0.0.1", port=outside.server.port, timeout=1).challenge()


async def test_silence_is_told_in_time(outside, issuing):
    outside.hangs = True
    for question in (issuing.challenge, issuing.directory):
        with pytest.raises(Unavailable, match=r"did not answer within 0\.5 s"):
            await question()


async def test_a_directory_is_read(outside, issuing):
    await issuing.directory()
    assert outside.asked[0][0] == "/directory"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, b"", "is not issuing now: its directory answers with 503"),
        (301, b"", "301"),
        (200, b"<html>", "cannot be read"),
        (200, b"[]", "cannot be read"),
        (200, b"{" + b" " * (1 << 17), "too long"),
    ],
)
async def test_what_is_no_directory_is_told(outside, issuing, status, body, said):
    outside.status, outside.body = status, body
    with pytest.raises(Unavailable, match=said):
        await issuing.directory()


@pytest.mark.parametrize("url", ["ftp://x/", "https://", "https://user:secret@acme.example.org/", "directory"])
def test_a_directory_has_a_plain_address(url):
    with pytest.raises(ValueError, match="ACME directory"):
        Issuing(HOST, directory=url)
