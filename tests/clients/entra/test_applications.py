"""The client of app registrations against the sandbox's Graph, and against answers that Graph never gives."""

import traceback
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from clients.entra.applications import Applications, ClientSecret, NewSecret
from clients.errors import NotFound, Rejected, Unavailable
from sandbox.clock import ManualClock
from sandbox.entra.applications import CLIENT_ID, registered
from sandbox.entra.applications_routes import ApplicationsRoutes
from sandbox.entra.directory import directory
from sandbox.entra.directory_routes import DirectoryRoutes
from sandbox.entra.people import TENANT

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECRET, TOKEN = "sandbox~the-hubs-own", "canary-token-77aa"


class Graph:
    def __init__(self, apps, graph, client):
        self.apps, self.graph, self.client = apps, graph, client

    @property
    def app(self):
        return self.apps.by_app_id[CLIENT_ID]


async def token():
    return TOKEN


@pytest.fixture
async def graph(aiohttp_server):
    its = directory()
    its.token = TOKEN
    apps = registered(ManualClock(NOW), "hub.example.org", SECRET)
    server = await aiohttp_server(DirectoryRoutes(its).app(ApplicationsRoutes(apps).routes()))
    client = Applications(str(server.make_url("")), token, now=lambda: NOW, timeout=2)
    yield Graph(apps, its, client)
    await client.close()


@pytest.fixture
async def rogue(aiohttp_server):
    """A client of something that answers everything alike."""
    made = []

    async def rogue(status, body, post=None):
        async def answer(request):
            its_status, its_body = post if post and request.method == "POST" else (status, body)
            return web.json_response(its_body, status=its_status)

        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", answer)
        server = await aiohttp_server(app)
        made.append(Applications(str(server.make_url("")), token))
        return made[-1]

    yield rogue
    for one in made:
        await one.close()


async def test_the_registration_is_read_whole(graph):
    app = await graph.client.application(CLIENT_ID)
    assert (app.client_id, app.name, app.assigned_only) == (CLIENT_ID, "JupyterHub", True)
    assert app.redirect_uris == ("https://hub.example.org/hub/oauth_callback",)
    past, hub = app.secrets
    assert (past.name, past.days_left(NOW), hub.name, hub.days_left(NOW)) == ("trial", -35, "hub", 157)
    assert hub.may_be(SECRET)
    assert not past.may_be(SECRET)


async def test_a_secret_shows_neither_text_nor_hint(graph):
    made = await graph.client.add_secret(CLIENT_ID, "jhub-bot op-1", timedelta(days=90))
    listed = (await graph.client.application(CLIENT_ID)).secrets[-1]
    assert made.text not in f"{made} {made!r}"
    assert made.text[:3] not in repr(listed).replace(made.key_id, "")
    assert (listed.key_id, listed.name, listed.end) == (made.key_id, "jhub-bot op-1", NOW + timedelta(days=90))
    assert listed.may_be(made.text)


async def test_removing_twice_is_removing_once(graph):
    key_id = graph.app.passwords[-1].key_id
    assert await graph.client.remove_secret(CLIENT_ID, key_id)
    assert not await graph.client.remove_secret(CLIENT_ID, key_id)
    assert [one.name for one in graph.app.passwords] == ["trial"]


async def test_a_list_that_is_some_seconds_old_does_not_matter(rogue):
    moment = "2026-01-01T00:00:00Z"
    listed = {"keyId": "k", "startDateTime": moment, "endDateTime": moment}
    error = {"code": "Request_BadRequest", "message": "No password credential found with keyId 'k'."}
    client = await rogue(200, WHOLE | {"passwordCredentials": [listed]}, post=(400, {"error": error}))
    assert await client.remove_secret(CLIENT_ID, "k") is False


async def test_who_is_no_owner_is_refused_with_what_is_missing(graph):
    graph.app.owners.clear()
    for work in (
        graph.client.add_secret(CLIENT_ID, "x", timedelta(days=1)),
        graph.client.remove_secret(CLIENT_ID, graph.app.passwords[0].key_id),
    ):
        with pytest.raises(Rejected, match=r"Application\.ReadWrite\.OwnedBy.* owner") as refused:
            await work
        assert refused.value.code == "Authorization_RequestDenied"
    assert len(graph.app.passwords) == 2


async def test_what_graph_does_not_take_is_said_in_its_words(graph):
    with pytest.raises(Rejected, match="end date must be later"):
        await graph.client.add_secret(CLIENT_ID, "x", timedelta(days=-1))
    with pytest.raises(ValueError, match="120 characters"):
        await graph.client.add_secret(CLIENT_ID, "x" * 121, timedelta(days=1))


@pytest.mark.parametrize("client_id", [TENANT, "", "x", "../users", f"{CLIENT_ID}')/x", f"{CLIENT_ID}\n"])
async def test_another_client_id_is_nobody(graph, client_id):
    for work in (
        graph.client.application(client_id),
        graph.client.add_secret(client_id, "x", timedelta(days=1)),
        graph.client.remove_secret(client_id, "x"),
    ):
        with pytest.raises(NotFound):
            await work


@pytest.mark.parametrize("fault", ["throttled", "absent", "wrong"])
async def test_outages_are_outages_and_tell_nothing(graph, fault):
    graph.graph.fault = fault
    with pytest.raises(Unavailable) as caught:
        await graph.client.application(CLIENT_ID)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert "127.0.0.1" not in str(caught.value)


async def test_a_lost_answer_is_an_outage_although_the_secret_is_there(graph):
    graph.apps.lose_answers = 1
    with pytest.raises(Unavailable):
        await graph.client.add_secret(CLIENT_ID, "half", timedelta(days=1))
    assert [one.name for one in (await graph.client.application(CLIENT_ID)).secrets][-1] == "half"


WHOLE = {"id": "o", "appId": CLIENT_ID, "passwordCredentials": []}
BAD = {"keyId": "k", "startDateTime": "yesterday", "endDateTime": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"id": "o"},
        WHOLE | {"passwordCredentials": [BAD]},
        WHOLE | {"web": "x"},
        WHOLE | {"passwordCredentials": 3},
    ],
)
async def test_what_cannot_be_read_is_unavailable(rogue, body):
    client = await rogue(200, body)
    with pytest.raises(Unavailable, match="cannot be read"):
        await client.application(CLIENT_ID)


async def test_a_missing_hint_may_be_any_secret(rogue):
    moment = "2026-01-01T00:00:00Z"
    old = {"keyId": "k", "displayName": None, "startDateTime": moment, "endDateTime": moment, "hint": None}
    client = await rogue(200, WHOLE | {"passwordCredentials": [old]})
    app = await client.application(CLIENT_ID)
    assert app.secrets == (
        ClientSecret("k", "", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), ""),
    )
    assert app.secrets[0].may_be("anything")
    assert app.assigned_only is None


async def test_an_answer_without_the_text_is_no_secret(rogue):
    client = await rogue(200, {"keyId": "k"})
    with pytest.raises(Unavailable):
        await client.add_secret(CLIENT_ID, "x", timedelta(days=1))


async def test_a_registration_that_somebody_else_changes_is_busy(rogue):
    client = await rogue(409, {"error": {"code": "Directory_ConcurrencyViolation"}})
    with pytest.raises(Unavailable, match="busy"):
        await client.add_secret(CLIENT_ID, "x", timedelta(days=1))


def test_a_new_secret_compares_but_does_not_show():
    assert "text" not in repr(NewSecret("k", "text"))
