"""A world around the bot: a clock driven by hand, Bot Framework's key server and its connector, a listener."""

import asyncio
import copy
import json
import time
from collections import deque
from contextlib import asynccontextmanager

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.teams import ConversationReference, TeamsChannel, TeamsSettings, make_app
from bot.teams.auth.outbound_tokens import NoTokens
from bot.teams.connector_client import Connector, open_session
from bot.teams.outbox.conversation import TeamsConversation
from bot.teams.outbox.outbox import Outbox
from cards.views import Notice

APP_ID = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-8888-7777-6666-555555555555"
SERVICE_URL = "https://smba.trafficmanager.net/emea/"


class ManualClock:
    """Stands still until told to advance."""

    def __init__(self, settle=None):
        self._now = 1_000.0
        self._sleepers = []
        self._settle = settle or settle_requests

    def now(self):
        return self._now

    async def wait(self, event, seconds):
        over = asyncio.get_running_loop().create_future()
        sleeper = (self._now + max(0.0, seconds), over)
        self._sleepers.append(sleeper)
        woken = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait({woken, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            self._sleepers.remove(sleeper)

    async def advance(self, seconds):
        self._now += seconds
        for deadline, over in tuple(self._sleepers):
            if deadline <= self._now + 1e-9 and not over.done():
                over.set_result(None)
        await self._settle()


async def settle_requests():
    """Let what can happen now happen, requests to loopback servers included: in turns, however long each takes."""
    await asyncio.sleep(0.05)
    for _ in range(100):
        await asyncio.sleep(0)


async def eventually(condition, within=240):
    """Wait until `condition()` holds; fail if it does not."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        await asyncio.sleep(0.005)


class Issuer:
    """Bot Framework's metadata and keys, and a pen to sign tokens with."""

    def __init__(self, pool):
        self._pool = pool
        self.keys = {"key-1": pool[0]}
        self.endorsements = ["msteams", "webchat"]
        self.fetches = 0
        self.failing = False
        self.server = None

    def rotate(self, kid):
        self.keys = {kid: self._pool[1]}

    @property
    def stranger(self):
        return self._pool[2]

    @property
    def metadata_url(self):
        return str(self.server.make_url("/v1/.well-known/openidconfiguration"))

    async def metadata(self, _):
        return web.json_response({"jwks_uri": str(self.server.make_url("/keys"))})

    async def jwks(self, _):
        self.fetches += 1
        if self.failing:
            raise web.HTTPBadGateway
        keys = [self._public(kid, key) for kid, key in self.keys.items()]
        return web.json_response({"keys": [*keys, {"kty": "EC", "kid": "ec"}, {"kty": "RSA", "kid": "no-n"}]})

    def _public(self, kid, key):
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return {**public, "kid": kid, "use": "sig", "endorsements": self.endorsements}

    def token(self, *, kid=None, key=None, headers=None, **claims):
        """A token good in every way but for what is asked; a claim given as None is left out."""
        kid = kid or next(iter(self.keys))
        now = int(time.time())
        good = {
            "iss": "https://api.botframework.com",
            "aud": APP_ID,
            "nbf": now - 60,
            "exp": now + 3600,
            "serviceurl": SERVICE_URL,
        }
        content = {name: value for name, value in {**good, **claims}.items() if value is not None}
        signer = key or self.keys.get(kid) or self._pool[0]
        return jwt.encode(content, signer, algorithm="RS256", headers={"kid": kid, **(headers or {})})


class FakeTeams:
    """The connector. `script` holds what happens to the next requests; after it everything works.

    An int is a status, (status, headers) adds headers, "reset" breaks the connection, "hang" never answers,
    "wait" answers once `gate` is set, and "made 502" does what is asked and answers 502 all the same.
    """

    def __init__(self, clock=None):
        self._clock = clock
        self.script = deque()
        self.messages = {}
        self.requests = []
        self.edits = []
        self.server = None
        self.headers = []
        self.gate = asyncio.Event()
        self.members = []
        self.reactions = []

    @property
    def url(self):
        return str(self.server.make_url("/_connector"))

    def titles(self):
        return [title_of(activity) for activity in self.messages.values()]

    async def handle(self, request):
        self.requests.append((request.method, request.path))
        self.headers.append(dict(request.headers))
        step = self.script.popleft() if self.script else 200
        activity = json.loads(await request.read() or b"null")
        if step == "hang":
            await asyncio.sleep(30)
        if step == "wait":
            await self.gate.wait()
        if step == "reset":
            request.transport.abort()
            return web.Response()
        status, headers = step if isinstance(step, tuple) else (step, {})
        if isinstance(status, int) and status >= 300:
            return web.json_response({"error": {"code": "Scripted"}}, status=status, headers=headers)
        answer = self._do(request, activity)
        return web.json_response({}, status=502) if step == "made 502" else answer

    def _do(self, request, activity):
        if request.method == "POST":
            name = f"m{len(self.messages) + 1}"
            self.messages[name] = activity
            return web.json_response({"id": name}, status=201)
        if request.method == "PUT" and "/reactions/" in request.match_info["path"]:
            self.reactions.append(request.match_info["path"].partition("/activities/")[2])
            return web.json_response({})
        if request.method == "PUT":
            name = request.match_info["path"].rpartition("/")[2]
            if name not in self.messages:
                code = "ActivityNotFoundInConversation"
                return web.json_response({"error": {"code": code}}, status=404)
            self.messages[name] = activity
            self.edits.append((self._clock.now() if self._clock else 0.0, title_of(activity)))
            return web.json_response({"id": name})
        if request.method == "DELETE":
            name = request.match_info["path"].rpartition("/")[2]
            return web.json_response({}, status=200 if self.messages.pop(name, None) else 404)
        return self._page(request.query)

    def _page(self, query):
        """Teams' roster in pages of at least 50."""
        size, start = max(50, int(query.get("pageSize", 200))), int(query.get("continuationToken", 0))
        page = {"members": self.members[start : start + size]}
        if start + size < len(self.members):
            page["continuationToken"] = str(start + size)
        return web.json_response(page)


def title_of(activity):
    """The title of the view that a message shows."""
    return activity["summary"].rpartition(": ")[2]


class Recorder:
    """A listener that keeps what it is told. `gate` holds it up while it is cleared."""

    def __init__(self):
        self.messages = []
        self.clicks = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error = None

    async def on_message(self, message):
        self.messages.append(message)
        await self.gate.wait()
        if self.error:
            raise self.error

    async def on_click(self, click):
        self.clicks.append(click)
        await self.gate.wait()
        if self.error:
            raise self.error
        return Notice(f"clicked {len(self.clicks)}")


def activity(**changes):
    """A message as Teams sends it from a channel; dotted names reach inside, None removes."""
    content = {
        "type": "message",
        "id": "a1",
        "channelId": "msteams",
        "serviceUrl": SERVICE_URL,
        "timestamp": "2026-11-23T14:21:16.684Z",
        "from": {"id": "29:ada", "name": "Ada", "aadObjectId": "00000000-0000-0000-0000-000000000020"},
        "recipient": {"id": "28:bot", "name": "JHub"},
        "conversation": {"id": "19:x@thread.tacv2;messageid=1", "tenantId": TENANT, "conversationType": "channel"},
        "channelData": {"tenant": {"id": TENANT}},
        "text": "<at>JHub</at> /jhub status",
    }
    return changed(content, changes)


def click(**changes):
    """A press of a button as Teams sends it."""
    content = activity(type="invoke", id="f:1", name="adaptiveCard/action", replyToId="m1", text=None)
    content["value"] = {
        "action": {"type": "Action.Execute", "verb": "confirm", "data": {"id": "x", "n": 3}},
        "trigger": "manual",
    }
    return changed(content, changes)


def changed(content, changes):
    content = copy.deepcopy(content)
    for path, value in changes.items():
        *outer, last = path.split("__")
        inner = content
        for name in outer:
            inner = inner[name]
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return content


@pytest.fixture(scope="session")
def rsa_pool():
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3)]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def issuer(rsa_pool, aiohttp_server):
    issuer = Issuer(rsa_pool)
    app = web.Application()
    app.router.add_get("/v1/.well-known/openidconfiguration", issuer.metadata)
    app.router.add_get("/keys", issuer.jwks)
    issuer.server = await aiohttp_server(app)
    return issuer


@pytest.fixture
async def teams(clock, aiohttp_server):
    teams = FakeTeams(clock)
    app = web.Application()
    app.router.add_route("*", "/_connector/v3/conversations/{path:.*}", teams.handle)
    teams.server = await aiohttp_server(app, shutdown_timeout=0.1)
    return teams


@pytest.fixture
async def outbox(clock):
    async with open_session() as session:
        outbox = Outbox(Connector(session, NoTokens(), TeamsSettings()), clock, settle=0.0)
        yield outbox
        await outbox.close(0.0)


@pytest.fixture
def place(outbox, teams):
    reference = ConversationReference(teams.url, "19:x@thread.tacv2;messageid=1", TENANT, "28:bot")
    return TeamsConversation(outbox, reference)


@pytest.fixture
async def listener():
    return Recorder()


@asynccontextmanager
async def serving(settings, listener, **options):
    """The bot's HTTP side on a free port, and a client for it."""
    app_options = {name: options.pop(name) for name in ("ready", "body_timeout") if name in options}
    async with TeamsChannel(settings, listener, **options) as channel:
        server = TestServer(make_app(channel, **app_options))
        async with TestClient(server) as client:
            client.channel = channel
            yield client


@pytest.fixture
async def local(listener):
    """The bot without an app id."""
    async with serving(TeamsSettings(), listener, grace=0.2) as client:
        yield client


@pytest.fixture
def cloud_settings(issuer):
    return TeamsSettings(app_id=APP_ID, tenants=(TENANT,), secret=lambda: "s3cret", metadata_url=issuer.metadata_url)


@pytest.fixture
async def cloud(listener, cloud_settings):
    """The bot with an app id."""
    async with serving(cloud_settings, listener, tokens=NoTokens(), grace=0.2) as client:
        await eventually(lambda: not client.channel.not_ready)
        # Its messages come from an address that is not of this machine.
        client.channel._opened.outbox._unnoticed = 1_000
        yield client


class Kit:
    """Helpers that test modules share, handed over as a fixture because they cannot import each other."""

    activity = staticmethod(activity)
    click = staticmethod(click)
    settle = staticmethod(settle_requests)
    clock = ManualClock
    eventually = staticmethod(eventually)
    serving = staticmethod(serving)
    title_of = staticmethod(title_of)
    app_id, tenant, service_url = APP_ID, TENANT, SERVICE_URL


@pytest.fixture(scope="session")
def kit():
    return Kit
