"""A hostile client below HTTP's surface: it dribbles, it floods with headers, it lies about what it sends."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from bot.teams import TeamsChannel, TeamsSettings, listening, make_app
from bot.teams.http.connection_limits import Patience

LOCAL = "http://127.0.0.1:1/"
HEAD = b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\n"


class Deaf:
    async def on_message(self, message):
        message.taken.set()


@pytest.fixture
async def serve():
    """Starts the bot's own port with so much patience; its host and port."""

    @asynccontextmanager
    async def start(**patience):
        async with (
            TeamsChannel(TeamsSettings(), Deaf(), grace=0.1) as channel,
            listening(make_app(channel), "127.0.0.1", 0, Patience(**patience)) as url,
        ):
            yield url

    return start


async def dial(url):
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def closed_within(reader, writer, seconds, dribble=b""):
    """Return True if the other side hangs up in that time, however we go on sending a byte now and then."""
    try:
        async with asyncio.timeout(seconds):
            while not reader.at_eof():
                writer.write(dribble)
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(100), 0.02)
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return True


async def answered(url, kit):
    async with (
        ClientSession() as session,
        session.post(f"{url}/api/messages", json=kit.activity(serviceUrl=LOCAL)) as r,
    ):
        return r.status


async def test_headers_that_dribble_in_are_not_waited_for(serve):
    async with serve(headers=0.2) as url:
        reader, writer = await dial(url)
        writer.write(HEAD)
        assert await closed_within(reader, writer, 5, b"X-a: y\r\n")


async def test_who_connects_and_says_nothing_is_hung_up_on(serve):
    async with serve(headers=0.2) as url:
        assert await closed_within(*await dial(url), 5)


async def test_a_connection_that_is_used_again_in_time_is_kept(serve, kit):
    async with serve(headers=0.1, idle=30) as url, ClientSession() as session:
        ports = set()
        for number in range(3):
            content = kit.activity(serviceUrl=LOCAL, id=f"a{number}")
            async with session.post(f"{url}/api/messages", json=content) as response:
                assert response.status == 200
                ports.add(response.connection.transport.get_extra_info("sockname") if response.connection else None)
            await asyncio.sleep(0.3)
        assert len(session.connector._conns) == 1, "Bot Framework would have to connect anew for each activity"


async def test_a_request_that_takes_long_is_not_taken_for_one_that_does_not_come(serve, kit, monkeypatch):
    async def slow(_, message):
        await asyncio.sleep(0.6)
        message.taken.set()

    monkeypatch.setattr(Deaf, "on_message", slow)
    async with serve(headers=0.1, idle=0.1) as url:
        assert await answered(url, kit) == 200


async def test_of_too_many_connections_the_silent_ones_go_and_people_are_served(serve, kit):
    async with serve(headers=0.4, most=20) as url:
        dialled = [await dial(url) for _ in range(100)]
        assert await answered(url, kit) == 200
        closed = await asyncio.gather(*(closed_within(*one, 5) for one in dialled))
        assert sum(closed) >= 80
        assert await answered(url, kit) == 200


HOSTILE = {
    "a huge header": HEAD + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "thousands of headers": HEAD + b"".join(b"X%d: y\r\n" % number for number in range(20_000)) + b"\r\n",
    "a huge address": b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "an endless length": HEAD + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "a null in a header": HEAD + b"X: a\x00b\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100 + b"\r\n\r\n",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
async def test_what_is_no_request_is_refused_and_takes_a_line_of_the_log(serve, raw, caplog):
    async with serve() as url:
        reader, writer = await dial(url)
        writer.write(raw)
        said = b""
        with suppress(ConnectionError):
            said = await asyncio.wait_for(reader.read(4096), 9)
        writer.close()
    assert not said or said.split()[1] in (b"400", b"404", b"413"), said
    assert b"Traceback" not in said
    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.levelno > logging.WARNING]


TYPES = (
    "application/json",
    "text/plain",
    "application/xml",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
)


@pytest.mark.parametrize("content_type", TYPES)
async def test_the_content_type_does_not_change_what_is_read(serve, kit, content_type):
    """The body is JSON in UTF-8 or nothing, whatever a header calls it: the other encodings cannot be smuggled in."""
    headers = {"Content-Type": content_type}
    async with serve() as url, ClientSession() as session:
        body = json.dumps(kit.activity(serviceUrl=LOCAL))
        async with session.post(f"{url}/api/messages", data=body.encode(), headers=headers) as response:
            assert response.status == 200
        for encoding in ("utf-16", "utf-32", "utf-7", "cp037"):
            async with session.post(f"{url}/api/messages", data=body.encode(encoding), headers=headers) as response:
                assert response.status == (200 if encoding == "utf-7" else 400)


@pytest.mark.parametrize(
    "sent", [b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /no HTTP/1.1\r\n\r\n", b"no HTTP\r\n\r\n"]
)
async def test_no_answer_names_what_serves_it(serve, sent):
    async with serve() as url:
        reader, writer = await dial(url)
        writer.write(sent)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        writer.close()
    assert b"aiohttp" not in head
    assert b"python" not in head


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x-unknown", "gzip, gzip"])
@pytest.mark.parametrize("path", ["/api/messages", "/healthz", "/nowhere"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_what_claims_to_be_compressed_and_is_not_takes_a_quiet_line(serve, caplog, encoding, path, chunked):
    rest = (
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n" if chunked else b"Content-Length: 5\r\n\r\nabcde"
    )
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: {encoding}\r\n".encode()
    async with serve() as url:
        reader, writer = await dial(url)
        writer.write(head + rest)
        async with asyncio.timeout(60):
            assert b"HTTP/1.1 4" in await reader.readline()
        writer.close()
    assert [one for one in caplog.records if one.exc_info or one.levelno > logging.WARNING] == []


@pytest.mark.parametrize(
    "begun",
    [
        b"POST /api/messages HTTP/1.1\r\nHost: loc",
        HEAD + b"Content-Length: 200\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n{",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 200\r\n\r\n\x1f\x8b",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
async def test_who_hangs_up_leaves_no_trace(serve, caplog, begun):
    async with serve() as url:
        for _ in range(5):
            _, writer = await dial(url)
            writer.write(begun)
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.transport.abort()
        # The next one is served as ever.
        async with ClientSession() as session, session.get(f"{url}/healthz") as response:
            assert response.status == 200
    assert [one for one in caplog.records if one.exc_info or one.levelno > logging.WARNING] == []
