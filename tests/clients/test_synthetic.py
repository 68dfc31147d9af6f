"""The account of a synthetic user: what each answer of a hub means, and which scope is asked for."""

import pytest
from aiohttp import web

from clients.errors import Forbidden, NotFound, Rejected, Unavailable
from clients.hub import SyntheticUsers

NAME = "test@jhub-bot.invalid"


class Hub:
    """A hub that gives one answer to everything."""

    def __init__(self):
        self.status, self.body, self.stream = 200, {}, None
        self.asked = []

    async def answer(self, request):
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.method, request.raw_path, body))
        if self.stream is not None:
            return web.Response(body=self.stream, content_type="text/event-stream")
        return web.json_response(self.body, status=self.status)


@pytest.fixture
async def hub(aiohttp_server):
    made = Hub()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    running = await aiohttp_server(app)

    async def token():
        return "service-token"

    made.users = SyntheticUsers(str(running.make_url("/")), token)
    yield made
    await made.users.close()


CALLS = {
    "create": lambda users: users.create(NAME),
    "delete": lambda users: users.delete(NAME),
    "token": lambda users: users.token(NAME, "a note", 60),
    "start": lambda users: users.start(NAME, {"profile": "gpu"}),
}


@pytest.mark.parametrize(
    ("call", "status", "body", "result"),
    [
        ("create", 201, {"name": NAME}, True),
        ("create", 409, {"message": f"User {NAME} already exists"}, False),
        ("delete", 204, None, True),
        ("delete", 404, {}, True),
        ("delete", 400, {"message": "server is in the process of stopping, please wait."}, False),
        ("token", 201, {"token": "canary"}, "canary"),
        ("start", 201, None, True),
        ("start", 202, None, False),
        ("start", 400, {"message": "test: is already running"}, True),
        ("start", 400, {"message": "test: is pending spawn"}, False),
    ],
)
async def test_an_answer_means_what_it_says(hub, call, status, body, result):
    hub.status, hub.body = status, body or {}
    assert await CALLS[call](hub.users) == result


@pytest.mark.parametrize(
    ("call", "status", "error", "words"),
    [
        ("create", 400, Rejected, "does not make the user: it says “Invalid username”"),
        ("create", 403, Forbidden, f"admin:users!user={NAME}"),
        ("create", 404, Forbidden, f"admin:users!user={NAME}"),
        ("delete", 403, Forbidden, f"delete:users!user={NAME}"),
        ("delete", 500, Unavailable, "answered with an error"),
        ("token", 403, Forbidden, f"tokens!user={NAME}"),
        ("token", 400, Rejected, "gives no token"),
        ("start", 403, Forbidden, f"servers!user={NAME}"),
        ("start", 400, Rejected, "does not start the server: it says “Invalid username”"),
        ("start", 429, Rejected, "turns the start away"),
        ("start", 500, Rejected, "does not start the server"),
        ("start", 404, NotFound, NAME),
        ("start", 302, Unavailable, "redirect"),
    ],
)
async def test_a_refusal_names_what_is_missing(hub, call, status, error, words):
    hub.status, hub.body = status, {"message": "Invalid username"}
    with pytest.raises(error, match=words.replace("(", r"\(")):
        await CALLS[call](hub.users)


async def test_a_token_is_for_the_users_own_server_alone(hub):
    hub.status, hub.body = 201, {"token": "canary"}
    await CALLS["token"](hub.users)
    ((method, path, body),) = hub.asked
    assert (method, path) == ("POST", f"/hub/api/users/{NAME.replace('@', '%40')}/tokens")
    assert body == {"note": "a note", "expires_in": 60, "scopes": [f"access:servers!user={NAME}"]}


async def test_a_start_is_followed_to_its_end(hub):
    hub.stream = (
        b'data: {"progress": 0, "message": "Server requested"}\n\n\n\n: a comment\ndata: nonsense\n'
        b'data: {"progress": 50, "message": "Pulling\\nimage"}\n'
        b'data: {"progress": 100, "ready": true, "message": "Server ready"}\n\ndata: {"progress": 7}\n'
    )
    told = [event async for event in hub.users.progress(NAME, 5)]
    assert [(one.message, one.progress, one.ready) for one in told] == [
        ("Server requested", 0, False),
        ("Pulling image", 50, False),
        ("Server ready", 100, True),
    ]


@pytest.mark.parametrize("status", [400, 404])
async def test_where_nothing_starts_nothing_is_told(hub, status):
    hub.status = status
    assert [event async for event in hub.users.progress(NAME, 5)] == []
