"""Anyone may send to the port: too much, too slowly, or nonsense. The answer is short and never a 500."""

import asyncio
import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.teams import TeamsSettings
from bot.teams.activity_parser import parse
from bot.teams.errors import RequestRejected
from bot.teams.http.server import MAX_BODY
from bot.teams.json_fields import MAX_TEXT

LOCAL = "http://127.0.0.1:1/"


async def test_a_body_of_256_kib_is_read_and_one_more_byte_is_not(local, kit):
    body = json.dumps(kit.activity(serviceUrl=LOCAL)).encode()
    full = body + b" " * (MAX_BODY - len(body))
    assert (await local.post("/api/messages", data=full)).status == 200
    assert (await local.post("/api/messages", data=full + b" ")).status == 413


async def test_a_big_body_of_unknown_length_is_refused(local):
    async def body():
        for _ in range(40):
            yield b" " * 8192

    assert (await local.post("/api/messages", data=body())).status == 413


async def test_a_slow_body_is_not_waited_for(kit, listener):
    async def body():
        yield b"{"
        await asyncio.sleep(5)

    async with kit.serving(TeamsSettings(), listener, body_timeout=0.1) as client:
        assert (await client.post("/api/messages", data=body())).status == 408


async def test_a_compressed_body_is_not_unpacked(local):
    response = await local.post("/api/messages", data=b"x", headers={"Content-Encoding": "gzip"})
    assert response.status == 415


async def test_a_body_that_breaks_the_protocol_is_refused(local):
    reader, writer = await asyncio.open_connection(local.host, local.port)
    writer.write(b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    status = (await asyncio.wait_for(reader.readline(), 240)).split()[1]
    writer.close()
    assert status == b"400"


BAD = {
    "empty": b"",
    "not JSON": b"{",
    "not UTF-8": b"\xff\xfe{}",
    "NaN": b'{"type": NaN}',
    "huge number": b'{"type": ' + b"9" * 5000 + b"}",
    "list": b"[]",
    "string": b'"x"',
    "null": b"null",
    "deep": b'{"a":' * 100 + b"1" + b"}" * 100,
    "very deep": b"[" * 200_000,
    "no type": b"{}",
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
async def test_a_body_that_is_no_activity_gets_400(local, body):
    response = await local.post("/api/messages", data=body)
    assert response.status == 400
    assert list(await response.json()) == ["error"]


@pytest.mark.parametrize(
    "changes",
    [
        {"type": 1},
        {"text": {"a": 1}},
        {"text": "x" * (MAX_TEXT + 1)},
        {"text": "\ud800"},
        {"id": None},
        {"id": "a\nb"},
        {"from": "ada"},
        {"from__id": None},
        {"from__aadObjectId": 7},
        {"recipient": []},
        {"recipient__isTargeted": "yes"},
        {"conversation": None},
        {"conversation__id": ".."},
        {"conversation__id": "x" * 2000},
        {"conversation__tenantId": {}},
        {"channelData": "x"},
        {"channelData__tenant": 1},
        {"serviceUrl": "file:///etc/passwd"},
        {"serviceUrl": "http://localhost:99999999/"},
    ],
)
async def test_wrong_types_get_400(local, kit, changes):
    content = kit.activity(**{"serviceUrl": LOCAL, **changes})
    response = await local.post("/api/messages", data=json.dumps(content))
    assert response.status == 400, await response.text()


@pytest.mark.parametrize("value", [None, "x", {"action": 1}, {"action": {"verb": 1}}])
async def test_a_click_without_sense(local, kit, value):
    content = kit.click(serviceUrl=LOCAL)
    content["value"] = value
    response = await local.post("/api/messages", json=content)
    assert response.status == (200 if value is None else 400)


def test_what_is_unknown_is_left_aside(kit):
    plain = parse(json.dumps(kit.activity()).encode())
    rich = kit.activity(entities=[{"type": "mention"}], recipient__properties={"x": 1}, more={"a": [1, None]})
    assert parse(json.dumps(rich).encode()) == plain
    assert parse(json.dumps(kit.activity(recipient__isTargeted=True)).encode()).targeted


async def test_health_and_readiness(kit, listener):
    reason = "the store is being opened"

    async def ready():
        return reason

    async with kit.serving(TeamsSettings(), listener, ready=ready) as client:
        assert (await client.get("/healthz")).status == 200
        response = await client.get("/readyz")
        assert (response.status, (await response.json())["reason"]) == (503, reason)
        reason = ""
        assert (await client.get("/readyz")).status == 200


async def test_the_page_about_the_bot_is_for_everybody_and_loads_nothing(local, cloud):
    for client in (local, cloud):
        response = await client.get("/about")
        page = await response.text()
        assert (response.status, response.content_type) == (200, "text/html")
        assert {"<h2>Privacy</h2>", "<h2>Terms</h2>"} <= set(page.splitlines())
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert [word for word in ("src=", "href=", "<script") if word in page] == []


# Fuzzing

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["type", "id", "channelId", "serviceUrl", "from", "recipient", "conversation", "channelData", "text", "name"]
FIELDS += ["value", "replyToId", "timestamp", "from__id", "conversation__id", "recipient__isTargeted"]
FUZZ = settings(
    max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(st.binary(max_size=300))
@settings(deadline=None, database=None)
def test_any_bytes_are_an_activity_or_a_refusal(raw):
    with suppress(RequestRejected):
        parse(raw)


def test_no_activity_whatever_causes_a_500(kit):
    class Quiet:
        async def on_message(self, _):
            pass

        async def on_click(self, _):
            raise AssertionError

    with asyncio.Runner() as runner:
        serving = kit.serving(TeamsSettings(), Quiet(), grace=0.1)
        client = runner.run(serving.__aenter__())

        async def post(content):
            async with client.post("/api/messages", data=json.dumps(content)) as response:
                return response.status

        @FUZZ
        @given(st.sampled_from([kit.activity, kit.click]), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3))
        def check(make, changes):
            whole = {name: value for name, value in changes.items() if "__" not in name}
            inner = {name: value for name, value in changes.items() if name.split("__")[0] not in whole}
            content = {**make(**{"serviceUrl": LOCAL, **inner}), **whole}
            assert runner.run(post(content)) in {200, 400, 403, 501}

        check()
        runner.run(serving.__aexit__(None, None, None))
