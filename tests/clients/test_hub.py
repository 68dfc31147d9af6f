"""The reader against a hub that answers as JupyterHub 5 does, and as a broken one does."""

import asyncio
import time
import traceback
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from clients.errors import Forbidden, NotFound, Unavailable
from clients.hub import HubReader

TOKEN = "canary-token-91bd"


def user(number, **more):
    servers = {"": {"name": "", "ready": True, "pending": None, "started": "2026-11-01T08:00:00.000000Z"}}
    return {"name": f"u{number}", "admin": False, "servers": servers, **more}


class Hub:
    """Answers each path with what `answers` holds: JSON, a status, or a handler."""

    def __init__(self):
        self.answers = {}
        self.asked = []

    async def handle(self, request):
        self.asked.append((request.path_qs, request.headers.get("Authorization")))
        answer = self.answers.get(request.path, 404)
        if callable(answer):
            return await answer(request)
        if isinstance(answer, int):
            return web.json_response({"status": answer, "message": f"no {TOKEN}"}, status=answer)
        return web.json_response(answer)


@pytest.fixture
async def hub(aiohttp_server):
    fake = Hub()
    app = web.Application()
    app.router.add_get("/{path:.*}", fake.handle)
    fake.server = await aiohttp_server(app)
    return fake


async def token():
    return TOKEN


@pytest.fixture
async def reader(hub, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    reader = HubReader(str(hub.server.make_url("/")), token, timeout=1.0)
    yield reader
    await reader.close()


def paged(users):
    async def answer(request):
        assert request.headers["Accept"] == "application/jupyterhub-pagination+json"
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        following = {"offset": offset + limit, "limit": limit, "url": "http://elsewhere.example.org/steal"}
        pagination = {"total": len(users), "next": following if offset + limit < len(users) else None}
        return web.json_response({"items": users[offset : offset + limit], "_pagination": pagination})

    return answer


async def test_all_pages_of_users_are_read_from_the_hub_alone(hub, reader):
    hub.answers["/hub/api/users"] = paged([user(number) for number in range(450)])
    found = await reader.users("active")
    assert [person.name for person in found] == [f"u{number}" for number in range(450)]
    [server] = found[0].servers
    assert (server.ready, server.pending, server.started) == (True, "", datetime(2026, 11, 1, 8, tzinfo=UTC))
    assert len(hub.asked) == 3
    assert hub.asked[0] == ("/hub/api/users?limit=200&offset=0&state=active", f"token {TOKEN}")


@pytest.mark.parametrize(
    ("told", "profile"),
    [
        ({"user_options": {"profile": "large", "image": "x"}}, "large"),
        ({"user_options": {}}, ""),
        ({"user_options": None}, ""),
        ({"user_options": {"profile": ["large"]}}, ""),
        ({"user_options": {"profile": "x" * 5_000}}, "x" * 100),
        ({}, ""),
    ],
)
async def test_the_profile_that_was_chosen_is_read_whatever_it_is(hub, reader, told, profile):
    given = user(1)
    given["servers"][""] |= told
    hub.answers["/hub/api/users"] = paged([given | {"groups": ["geo", "physics"]}])
    (found,) = await reader.users("active")
    assert found.servers[0].profile == profile
    assert found.groups == ("geo", "physics")


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"ready": True, "pending": None}, "ready"),
        ({"ready": False, "pending": "spawn"}, "starting"),
        ({"ready": False, "pending": "stop"}, "stopping"),
        ({"ready": False, "pending": "stop", "started": None}, "stopping"),
        ({"ready": False, "pending": "check"}, "being checked"),
        ({"ready": False, "pending": None}, "not ready"),
    ],
)
async def test_the_state_of_a_server_is_what_the_hub_has_pending(hub, reader, told, state):
    hub.answers["/hub/api/users"] = [user(1, servers={"": {"name": "", "stopped": False, **told}})]
    [server] = (await reader.users())[0].servers
    assert (server.state, server.stopping) == (state, state == "stopping")


async def test_a_server_of_which_there_is_only_a_record_is_none(hub, reader):
    record = {"name": "old", "ready": False, "pending": None, "stopped": True}
    hub.answers["/hub/api/users"] = [user(1, servers={"old": record})]
    assert (await reader.users())[0].servers == ()


async def test_the_whole_list_of_an_old_hub_is_read(hub, reader):
    hub.answers["/hub/api/users"] = [user(1), user(2, servers={})]
    assert [person.name for person in await reader.users()] == ["u1", "u2"]


async def test_a_hub_that_names_the_same_page_for_ever_is_read_once(hub, reader):
    hub.answers["/hub/api/users"] = {"items": [user(1)], "_pagination": {"next": {"offset": 0}}}
    assert len(await reader.users()) == 1


async def test_a_token_that_may_not_see_servers_is_told_from_no_servers(hub, reader):
    bare = user(1)
    del bare["servers"]
    hub.answers["/hub/api/users"] = {"items": [bare], "_pagination": {"next": None}}
    with pytest.raises(Unavailable, match="read:servers"):
        await reader.users()


async def test_version(hub, reader):
    hub.answers["/hub/api/"] = {"version": "5.2.1"}
    assert await reader.version() == "5.2.1"


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, r"token \(403\): it needs the scope list:users"), (401, "token"), (503, r"error \(503\)")],
)
async def test_refusals_are_unavailable_and_show_no_token(hub, reader, status, words):
    hub.answers["/hub/api/users"] = status
    with pytest.raises(Unavailable, match=words) as caught:
        await reader.users()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert TOKEN not in repr(vars(reader))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("version", "words", "remedy"),
    [
        ("1.4.2", "JupyterHub 1.4.2 has no scopes, so it must be an admin's", "hub.services.jhub-bot.admin true"),
        ("0.9.6", "JupyterHub 0.9.6 has no scopes", "hub.services.jhub-bot.admin true"),
        ("2.0.0", "it needs the scope list:users", "hub.loadRoles"),
        ("11.0.0", "it needs the scope list:users", "hub.loadRoles"),
        ("", "it needs the scope list:users", "hub.loadRoles"),
    ],
)
async def test_a_refused_token_is_told_what_gives_it_rights(hub, reader, status, version, words, remedy):
    hub.answers["/hub/api/users"] = status
    hub.answers["/hub/api/"] = {"version": version} if version else 503
    with pytest.raises(Forbidden) as caught:
        await reader.users()
    assert f"({status}): {words}" in str(caught.value)
    assert remedy in caught.value.remedy


async def test_a_wrong_path_is_not_found(reader):
    with pytest.raises(NotFound):
        await reader.version()


async def test_no_redirect_is_followed(hub, reader, aiohttp_server):
    thief = Hub()
    app = web.Application()
    app.router.add_get("/{path:.*}", thief.handle)
    elsewhere = await aiohttp_server(app)

    async def redirect(_):
        raise web.HTTPFound(elsewhere.make_url("/hub/api/users"))

    hub.answers["/hub/api/users"] = redirect
    with pytest.raises(Unavailable, match="redirect"):
        await reader.users()
    assert thief.asked == []


async def test_an_answer_that_is_not_json_is_unavailable(hub, reader):
    async def page(_):
        return web.Response(text="<html>")

    hub.answers["/hub/api/users"] = page
    with pytest.raises(Unavailable, match="cannot be read"):
        await reader.users()


async def test_a_slow_hub_costs_the_time_out(hub, reader):
    over = asyncio.Event()

    async def slow(_):
        await over.wait()

    hub.answers["/hub/api/users"] = slow
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="within 1 s"):
        await reader.users()
    assert time.monotonic() - begun < 30
    over.set()


async def test_a_closed_port_is_unavailable_without_its_address(hub, reader):
    await hub.server.close()
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        await reader.version()
    assert str(hub.server.port) not in str(caught.value)


@pytest.mark.parametrize("suffix", ["", "/", "/hub", "/hub/", "/hub/api", "/hub/api/"])
async def test_the_address_may_end_anywhere_in_the_hub(hub, suffix):
    hub.answers["/hub/api/"] = hub.answers["/base/hub/api/"] = {"version": "5"}
    session = aiohttp.ClientSession()
    for base in ("", "/base"):
        reader = HubReader(str(hub.server.make_url(base + suffix)), token, lambda: session)
        assert await reader.version() == "5"
    await session.close()


@pytest.mark.parametrize("address", ["", "hub", "ftp://hub", "http://u:p@hub", "http://hub/?x=1", "http://"])
def test_odd_addresses_are_refused(address):
    with pytest.raises(ValueError, match="address"):
        HubReader(address, token)
