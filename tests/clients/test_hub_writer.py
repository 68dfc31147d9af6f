"""Stopping servers and reading one user, against the sandbox's hub, and against hubs that answer what it never does."""

import asyncio
import json
import traceback
from urllib.parse import unquote

import pytest
from aiohttp import web

from clients.errors import NotFound, Rejected, Unavailable
from clients.hub import HubReader, HubWriter
from sandbox.apiserver.objects.resource_kinds import DEPLOYMENT, POD
from sandbox.jupyterhub.api_tokens import token
from tests.clients.hubs import NOW, hub_of

FULL, SERVERS, WATCHING, NAMES = "canary-full", "canary-servers", "canary-watching", "canary-names"
TOKENS = {
    FULL: token("service:bot", ["read:users", "servers"]),
    SERVERS: token("service:bot", ["delete:servers"]),
    WATCHING: token("service:bot", ["read:users", "read:servers"]),
    NAMES: token("service:bot", ["read:users"]),
}
ADA, GRACE = "ada@example.org", "grace@example.org"
DISABLED = "named servers are not enabled. To stop one that still runs, set hub.allowNamedServers to true again."
# Each of these must arrive as it is.
AWKWARD = (
    "o'brien#1@example.org",
    "søren ågård@example.org",
    "a/b?c=d&e@example.org",
    "50%25@example.org",
    "../ada@example.org",
    "ann+lab@example.org",
)


@pytest.fixture
async def hub(aiohttp_server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    made = await hub_of(aiohttp_server, (ADA, GRACE, *AWKWARD), {GRACE}, TOKENS)
    yield made
    await made.close()


@pytest.fixture
def writer(hub):
    return hub.client(HubWriter, FULL)


@pytest.fixture
def reader(hub):
    return hub.client(HubReader, FULL)


@pytest.fixture
async def other(aiohttp_server):
    """Makes a reader and a writer for a hub that answers everything with `answer`."""
    made = []

    async def other(answer, *, timeout=5.0):  # noqa: ASYNC109 - handed on
        asked = []

        @web.middleware
        async def instead(request, handler):
            del handler
            asked.append((request.method, request.raw_path))
            return await answer(request)

        server = await aiohttp_server(web.Application(middlewares=[instead]))

        async def give():
            return FULL

        made.extend(kind(str(server.make_url("/")), give, timeout=timeout) for kind in (HubReader, HubWriter))
        return made[-2], made[-1], asked

    yield other
    for client in made:
        await client.close()


def answering(status, text="", **headers):
    async def answer(_):
        return web.Response(status=status, text=text, headers=headers)

    return answer


# Stopping


async def test_a_running_server_is_stopping_at_first_and_then_stopped(hub, writer, reader):
    hub.start(ADA)
    hub.start(GRACE)
    await hub.live()
    assert await writer.stop_server(ADA) is False
    assert hub.asked == [("DELETE", "/hub/api/users/ada%40example.org/server", f"token {FULL}")]
    [stopping] = (await reader.user(ADA)).servers
    assert (stopping.pending, stopping.ready) == ("stop", False)
    assert await writer.stop_server(ADA) is False, "asking again does no harm"
    await hub.live()
    assert await writer.stop_server(ADA) is True
    assert await writer.stop_server(ADA) is True
    assert (await reader.user(ADA)).servers == ()
    [left] = [
        pod for pod in hub.store.list(POD, "jhub") if pod["metadata"]["labels"]["component"] == "singleuser-server"
    ]
    assert left["metadata"]["annotations"]["hub.jupyter.org/username"] == GRACE


async def test_a_server_that_never_ran_is_stopped(writer):
    assert await writer.stop_server(ADA) is True


async def test_a_named_server_is_stopped_alone(hub, writer, reader):
    for server in ("", "thesis", "old.lab"):
        hub.start(ADA, server)
    await hub.live()
    assert await writer.stop_server(ADA, "thesis") is False
    assert hub.asked[-1][1] == "/hub/api/users/ada%40example.org/servers/thesis"
    await hub.live()
    assert {server.name: server.ready for server in (await reader.user(ADA)).servers} == {"": True, "old.lab": True}


@pytest.mark.parametrize("server", ["my lab ö#1", "a?b&c", "a/../..", "%2e%2e", "a\r\nX-Evil: 1"])
async def test_a_servers_name_stays_one_quoted_part_of_the_path(other, server):
    _, writer, asked = await other(answering(204))
    assert await writer.stop_server(ADA, server) is True
    [(method, path)] = asked
    start, _, last = path.rpartition("/")
    assert (method, start, unquote(last)) == ("DELETE", "/hub/api/users/ada%40example.org/servers", server)


async def test_a_server_with_an_awkward_name_is_stopped_in_the_sandbox(hub, writer, reader):
    hub.start(ADA, "my lab ö#1")
    await hub.live()
    assert [server.ready for server in (await reader.user(ADA)).servers] == [True]
    assert await writer.stop_server(ADA, "my lab ö#1") is False
    await hub.live()
    assert (await reader.user(ADA)).servers == ()


async def test_a_named_server_that_the_hub_does_not_know_is_not_found(hub, writer):
    hub.start(ADA)
    with pytest.raises(NotFound) as caught:
        await writer.stop_server(ADA, "thesis")
    assert "thesis" in str(caught.value)
    assert ADA in str(caught.value)


async def test_nobodys_server_is_not_found(writer):
    with pytest.raises(NotFound, match=r"does not know the user nobody@example\.org"):
        await writer.stop_server("nobody@example.org")


@pytest.mark.parametrize("name", AWKWARD)
async def test_a_name_arrives_as_it_is_and_stays_one_part_of_the_path(hub, writer, reader, name):
    hub.start(ADA)
    hub.start(name)
    await hub.live()
    found = await reader.user(name)
    assert found.name == name
    assert [server.ready for server in found.servers] == [True]
    assert await writer.stop_server(name) is False
    await hub.live()
    assert await writer.stop_server(name) is True
    assert (await reader.user(ADA)).servers
    for _, path, _ in hub.asked[:2]:
        parts = path.split("/")
        assert len(parts) in (5, 6)
        assert unquote(parts[4]) == name


@pytest.mark.parametrize("name", [".", ".."])
async def test_names_of_dots_alone_are_never_sent(other, name):
    reader, writer, asked = await other(answering(200, '{"version": "5.5.0"}'))
    for call in (lambda: reader.user(name), lambda: writer.stop_server(name), lambda: writer.stop_server(ADA, name)):
        with pytest.raises(NotFound):
            await call()
    assert asked == []


@pytest.mark.parametrize("server", ["", "thesis"])
async def test_a_server_that_starts_just_now_is_not_stopped_yet(other, server):
    _, writer, _ = await other(answering(400, '{"status": 400, "message": "ada is pending spawn, please wait"}'))
    assert await writer.stop_server(ADA, server) is False


@pytest.mark.parametrize(
    "message",
    [
        "ada is pending stop, please wait",
        "ada:thesis is pending spawn, please wait",
        "ada is pending check, please wait",
    ],
)
async def test_a_hub_that_has_other_things_to_do_just_now_is_asked_again(other, message):
    _, writer, _ = await other(answering(400, json.dumps({"status": 400, "message": message})))
    assert await writer.stop_server(ADA) is False


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{"status": 400, "message": "Named servers are not enabled."}',
            f"The hub does not stop the server: {DISABLED}",
        ),
        (
            '{"status": 400, "message": "Cannot delete the default server"}',
            "The hub does not stop the server: “Cannot delete the default server”.",
        ),
        ('{"status": 400, "message": "no:\\n  <b>why</b>."}', "The hub does not stop the server: “no: <b>why</b>.”"),
        ('{"status": 400}', "The hub does not stop the server: it does not say why (400)."),
        ("<html>Bad request</html>", "The hub does not stop the server: it does not say why (400)."),
        ("", "The hub does not stop the server: it does not say why (400)."),
    ],
)
async def test_a_hub_that_will_never_stop_it_is_believed_and_quoted(other, text, words):
    _, writer, _ = await other(answering(400, text))
    with pytest.raises(Rejected) as caught:
        await writer.stop_server(ADA, "thesis")
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (200, "unexpected (200)"),
        (302, "redirect"),
        (401, "token (401): it needs the scope delete:servers"),
        (403, "token (403): it needs the scope delete:servers"),
        (429, "error (429)"),
        (500, "error (500)"),
        (503, "error (503)"),
    ],
)
async def test_what_is_neither_stopped_nor_stopping_is_unavailable(other, status, words):
    _, writer, asked = await other(answering(status, f"no, {FULL}", Location="/hub/login"))
    with pytest.raises(Unavailable) as caught:
        await writer.stop_server(ADA)
    assert words in str(caught.value)
    assert FULL not in "".join(traceback.format_exception(caught.value))
    assert len(asked) == 1, "no redirect is followed"


@pytest.mark.parametrize("text", ["wrong", WATCHING, NAMES])
async def test_a_token_that_may_not_stop_is_told_its_scope_and_stops_nothing(hub, reader, text):
    hub.start(ADA)
    await hub.live()
    with pytest.raises(Unavailable, match=r"token \(403\): it needs the scope delete:servers") as caught:
        await hub.client(HubWriter, text).stop_server(ADA)
    assert text not in str(caught.value)
    [server] = (await reader.user(ADA)).servers
    assert (server.ready, server.pending) == (True, "")


async def test_the_least_scope_suffices(hub):
    hub.start(ADA)
    await hub.live()
    assert await hub.client(HubWriter, SERVERS).stop_server(ADA) is False


# One user


async def test_a_user_is_read_with_every_server(hub, reader):
    hub.start(GRACE)
    await hub.live()
    hub.start(GRACE, "thesis")
    found = await reader.user(GRACE)
    assert (found.name, found.admin, found.created, found.last_activity) == (GRACE, True, NOW, NOW)
    ready, starting = found.servers
    assert (ready.name, ready.ready, ready.pending) == ("", True, "")
    assert (starting.name, starting.ready, starting.pending) == ("thesis", False, "spawn")
    assert ready.started < starting.started
    assert not (await reader.user(ADA)).admin


async def test_only_the_exact_name_is_found(reader):
    for name in ("nobody@example.org", ADA.upper(), f"{ADA} ", ADA.partition("@")[0]):
        with pytest.raises(NotFound) as caught:
            await reader.user(name)
        assert name in str(caught.value)


@pytest.mark.parametrize("text", [NAMES])
async def test_a_token_that_may_not_see_servers_is_told_from_no_servers(hub, text):
    hub.start(ADA)
    await hub.live()
    with pytest.raises(Unavailable, match="read:servers"):
        await hub.client(HubReader, text).user(ADA)


async def test_a_wrong_token_may_not_read_a_user(hub):
    with pytest.raises(Unavailable, match=r"token \(403\): it needs the scope read:users") as caught:
        await hub.client(HubReader, "wrong").user(ADA)
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "<html>", "[]", "null", '"ada"', "{"])
async def test_an_answer_that_is_no_user_is_unavailable(other, text):
    reader, _, _ = await other(answering(200, text))
    with pytest.raises(Unavailable, match="cannot be read"):
        await reader.user(ADA)


# A hub that is gone


async def ask_both(reader, writer):
    """What both say when the hub does not answer."""
    said = []
    for call in (lambda: reader.user(ADA), lambda: writer.stop_server(ADA)):
        with pytest.raises(Unavailable) as caught:
            await call()
        told = "".join(traceback.format_exception(caught.value))
        assert FULL not in told
        assert caught.value.system == "the hub"
        said.append(caught.value.what)
    assert FULL not in repr(vars(reader)) + repr(vars(writer))
    assert said[0] == said[1]
    return said[0]


async def test_without_a_hub_behind_its_proxy_it_is_unavailable(hub, reader, writer):
    hub.store.delete(DEPLOYMENT, "jhub", "hub")
    assert await ask_both(reader, writer) == "answered with an error (503)"


async def test_without_a_proxy_the_connection_breaks_off(hub, reader, writer):
    hub.store.delete(DEPLOYMENT, "jhub", "proxy")
    assert await ask_both(reader, writer) == "broke off the connection"


async def test_a_closed_port_is_unavailable_without_its_address(hub, reader, writer):
    await hub.server.close()
    said = await ask_both(reader, writer)
    assert "cannot be reached" in said
    assert str(hub.server.port) not in said


async def test_a_hub_that_hangs_costs_the_time_out(other):
    done = asyncio.Event()

    async def hang(_):
        await done.wait()
        return web.Response()

    reader, writer, asked = await other(hang, timeout=0.2)
    async with asyncio.timeout(240):
        assert await ask_both(reader, writer) == "did not answer within 0.2 s"
    done.set()
    assert [method for method, _ in asked] == ["GET", "DELETE"]


async def test_a_token_that_never_comes_costs_the_time_out_and_sends_nothing(hub):
    async def never():
        await asyncio.Event().wait()

    writer = HubWriter(str(hub.server.make_url("/")), never, timeout=0.1)
    with pytest.raises(Unavailable, match=r"within 0\.1 s"):
        await writer.stop_server(ADA)
    await writer.close()
    assert hub.asked == []
