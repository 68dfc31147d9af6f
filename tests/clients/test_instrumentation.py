import ast
import asyncio
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from clients.instrumentation import (
    AZURE_REQUEST_ID,
    CORRELATION,
    GRAPH_REQUEST_ID,
    TRACEPARENT,
    call,
    observed,
    trace_id,
    watched,
)

ROOT = Path(__file__).parents[2]
ID = "c0a2088495ad2739"


@pytest.fixture
def calls():
    seen = []

    @contextmanager
    def observer(made):
        try:
            yield
        finally:
            seen.append((made.system, made.method, made.code))

    with observed(observer):
        yield seen


@pytest.fixture
async def server(aiohttp_server):
    heard = []

    async def answer(request):
        heard.append(dict(request.headers))
        if request.path == "/slow":
            await asyncio.sleep(10)
        return web.Response(status=int(request.query.get("status", "200")))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    made = await aiohttp_server(app)
    made.heard = heard
    return made


@pytest.fixture
def identified():
    token = CORRELATION.set(ID)
    yield
    CORRELATION.reset(token)


async def _get(url, *carries, method="GET"):
    async with (
        aiohttp.ClientSession(trace_configs=watched("hub", *carries)) as session,
        session.request(method, url) as response,
    ):
        await response.read()


async def test_each_request_is_one_call_with_its_status(server, calls):
    await _get(server.make_url("/a?status=200"))
    await _get(server.make_url("/b?status=429"), method="POST")
    assert calls == [("hub", "GET", "200"), ("hub", "POST", "429")]


async def test_what_is_not_answered_in_time_and_what_is_not_there_are_told_apart(server, calls, unused_tcp_port):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await _get(server.make_url("/slow"))
    with pytest.raises(aiohttp.ClientConnectorError):
        await _get(f"http://127.0.0.1:{unused_tcp_port}/")
    assert calls == [("hub", "GET", "unanswered"), ("hub", "GET", "unreachable")]


async def test_a_status_that_a_server_made_up_is_no_label_of_its_own(server, calls):
    await _get(server.make_url("/?status=799"))
    await _get(server.make_url("/?status=418"))
    assert calls == [("hub", "GET", "other"), ("hub", "GET", "418")]


async def test_a_method_that_nobody_knows_is_no_label_of_its_own(server, calls):
    await _get(server.make_url("/"), method="BREW")
    assert [(system, method) for system, method, _ in calls] == [("hub", "other")]


@pytest.mark.usefixtures("identified")
async def test_systems_are_told_the_id_in_the_header_they_write_down(server):
    await _get(server.make_url("/"), TRACEPARENT, AZURE_REQUEST_ID, GRAPH_REQUEST_ID)
    (headers,) = server.heard
    version, trace, span, flags = headers[TRACEPARENT].split("-")
    assert (version, trace, flags) == ("00", "0" * 16 + ID, "00")
    assert len(span) == 16
    assert headers[AZURE_REQUEST_ID] == headers[GRAPH_REQUEST_ID] == "00000000-0000-0000-c0a2-088495ad2739"


@pytest.mark.usefixtures("identified")
async def test_a_system_that_writes_nothing_down_is_told_nothing(server):
    await _get(server.make_url("/"))
    assert not {TRACEPARENT, AZURE_REQUEST_ID, GRAPH_REQUEST_ID} & set(server.heard[0])


async def test_what_belongs_to_nothing_has_no_header(server):
    await _get(server.make_url("/"), TRACEPARENT)
    assert TRACEPARENT not in server.heard[0]


def test_the_code_that_was_set_counts_over_the_error_that_followed(calls):
    def broken():
        with call("helm", "upgrade") as made:
            made.code = "failed"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert calls == [("helm", "upgrade", "failed")]


@pytest.mark.parametrize(("correlation", "trace"), [("", ""), ("0" * 16, ""), (ID, "0" * 16 + ID)])
def test_a_trace_of_zeros_is_none(correlation, trace):
    assert trace_id(correlation) == trace


def _calls_of(*names):
    for file in [*ROOT.glob("clients/**/*.py"), *ROOT.glob("bot/teams/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
                yield file.name, node


def test_no_session_goes_unwatched():
    sessions = {file for file, _ in _calls_of("aiohttp.ClientSession")}
    # All clients have theirs from the one place where the rules are, and the bot its own for Teams.
    assert sessions == {"http.py", "connector_client.py"}
    assert len(list(_calls_of("session", "headers_session", "session_options"))) > 10


def test_every_system_is_documented():
    docs = (ROOT / "docs" / "telemetry.md").read_text("utf-8")
    systems = {made.args[0].value for _, made in _calls_of("watched", "call") if isinstance(made.args[0], ast.Constant)}
    made = _calls_of("session", "headers_session", "session_options")
    systems |= {one.args[0].value for _, one in made if isinstance(one.args[0], ast.Constant)} - {""}
    assert {"kubernetes", "helm", "entra", "azure"} <= systems
    assert [one for one in systems if f"`{one}`" not in docs] == []
