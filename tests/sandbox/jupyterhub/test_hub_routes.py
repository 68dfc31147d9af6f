"""The hub's REST API as JupyterHub 5 has it: pages, filters, scopes, and servers that come and go."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ServerDisconnectedError
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from clients.errors import Unavailable
from clients.hub import HubReader
from sandbox.apiserver.objects.resource_kinds import DEPLOYMENT, PERSISTENT_VOLUME_CLAIM, POD
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.controllers import Controllers
from sandbox.jupyterhub.api_tokens import Token, token
from sandbox.jupyterhub.hub_routes import HubRoutes
from sandbox.jupyterhub.oauth import SignIn
from sandbox.jupyterhub.spawner import Profile
from sandbox.jupyterhub.users import HubUsers, User
from sandbox.runtime.images import Images
from sandbox.scenario import bare_cluster as cluster

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FULL, NAMES, READ, OLD = "token-full", "token-names", "token-read", "token-old"
PAGINATED = {"Accept": "application/jupyterhub-pagination+json"}


def allowed(*scopes: str, expires: datetime | None = None) -> Token:
    return token("service:test", scopes, expires)


TOKENS = {
    FULL: allowed("admin:users", "list:users", "servers", "read:hub", "read:metrics"),
    NAMES: allowed("list:users"),
    READ: allowed("list:users", "read:users"),
    OLD: allowed("list:users", expires=NOW - timedelta(seconds=1)),
}


@dataclass
class Hub:
    store: Store
    clock: ManualClock
    controllers: Controllers
    users: HubUsers
    http: TestClient

    async def ask(self, path, token=FULL, method="GET", **headers):
        known = {"Authorization": f"token {token}"} if token else {}
        response = await self.http.request(method, f"/hub/api{path}", headers=known | headers)
        is_json = "json" in response.content_type
        return response.status, await response.json() if is_json else await response.text()

    async def live(self, seconds=60):
        for _ in range(seconds):
            while self.controllers.step():
                pass
            await self.clock.advance(1)


def deployment(name):
    labels = {"component": name}
    containers = [{"name": name, "image": f"example.org/{name}:1"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    return {
        "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }


@contextlib.asynccontextmanager
async def running(slow_stop_timeout):
    clock = ManualClock(NOW)
    store = Store(clock)
    cluster.build(store, ("jhub",), cluster.pools(10), NOW)
    for name in ("hub", "proxy"):
        store.create(DEPLOYMENT, "jhub", deployment(name))
    users = HubUsers(store, Profile("jhub", "jupyterhub", "example.org/notebook:1", "10Gi", "managed-csi"))
    for number in range(230):
        users.add(User(f"u{number:03}@example.org", NOW, NOW, admin=number == 0, old_scheme=number == 1))
    sign_in = SignIn(store, "jhub", "hub.example.org", lambda *_: True)
    app = HubRoutes(store, users, TOKENS, sign_in, slow_stop_timeout=slow_stop_timeout).app()
    async with TestClient(TestServer(app)) as http:
        made = Hub(store, clock, Controllers(store, clock, Images()), users, http)
        await made.live()
        yield made


@pytest.fixture
async def hub():
    # Time stands still while a request is answered.
    async with running(0) as made:
        yield made


async def test_a_plain_list_is_cut_at_200_without_a_word(hub):
    status, answer = await hub.ask("/users")
    assert status == 200
    assert [user["name"] for user in answer] == [f"u{number:03}@example.org" for number in range(200)]


async def test_pages_are_of_50_unless_asked_and_of_200_at_most(hub):
    _, page = await hub.ask("/users", **PAGINATED)
    assert len(page["items"]) == 50
    assert page["_pagination"]["total"] == 230
    assert page["_pagination"]["next"]["offset"] == 50
    _, large = await hub.ask("/users?limit=100000", **PAGINATED)
    assert len(large["items"]) == 200
    _, last = await hub.ask("/users?offset=200&limit=200", **PAGINATED)
    assert len(last["items"]) == 30
    assert last["_pagination"]["next"] is None
    _, least = await hub.ask("/users?limit=0", **PAGINATED)
    assert len(least["items"]) == 1
    assert (await hub.ask("/users?limit=many", **PAGINATED))[0] == 400


async def test_following_the_pages_names_everybody_once(hub):
    seen, path = [], "/users"
    while path:
        _, page = await hub.ask(path, **PAGINATED)
        seen += [user["name"] for user in page["items"]]
        following = page["_pagination"]["next"]
        path = following and following["url"].partition("/hub/api")[2]
    assert seen == [f"u{number:03}@example.org" for number in range(230)]


async def test_the_bots_reader_reads_it_whole(hub):
    async def full():
        return FULL

    reader = HubReader(str(hub.http.make_url("/")), full)
    try:
        assert len(await reader.users()) == 230
        assert await reader.version() == "5.5.0"
    finally:
        await reader.close()


async def test_states_filter(hub):
    await hub.ask("/users/u000@example.org/server", method="POST")
    assert [u["name"] for u in (await hub.ask("/users?state=active"))[1]] == ["u000@example.org"]
    assert (await hub.ask("/users?state=ready"))[1] == []
    await hub.live()
    (ready,) = (await hub.ask("/users?state=ready"))[1]
    assert ready["servers"][""]["ready"] is True
    assert len((await hub.ask("/users?state=inactive&limit=200&offset=100"))[1]) == 129
    assert (await hub.ask("/users?state=sleepy"))[0] == 400


@pytest.mark.parametrize("text", [None, "wrong", OLD])
async def test_no_wrong_or_expired_token_is_let_in(hub, text):
    status, answer = await hub.ask("/users", text)
    assert (status, answer["message"]) == (403, "Missing or invalid credentials.")


async def test_a_missing_scope_is_named(hub):
    for path, scope in (("/info", "read:hub"), ("/users/u000@example.org", "")):
        status, answer = await hub.ask(path, NAMES)
        assert (status == 403) == bool(scope)
        assert not scope or f"requires any of [{scope}]" in answer["message"]
    for method, scope in (("POST", "start:servers"), ("DELETE", "delete:servers")):
        status, answer = await hub.ask("/users/u000@example.org/server", READ, method)
        assert status == 403
        assert f"requires any of [{scope}]" in answer["message"]


async def test_fields_are_hidden_without_their_scopes(hub):
    (_, names), (_, read), (_, full) = [await hub.ask("/users/u000@example.org", t) for t in (NAMES, READ, FULL)]
    assert set(names) == {"name", "kind"}
    assert {"admin", "created", "last_activity"} <= set(read)
    assert "servers" not in read
    assert full["servers"] == {}


async def test_version_and_health_need_no_token_and_metrics_need_a_scope(hub):
    assert (await hub.ask("/", None))[1] == {"version": "5.5.0"}
    assert (await hub.http.get("/hub/health")).status == 200
    assert (await hub.http.get("/hub/metrics")).status == 403
    told = await hub.http.get("/hub/metrics", headers={"Authorization": f"Bearer {FULL}"})
    assert "jupyterhub_total_users 230" in await told.text()


@pytest.mark.parametrize(
    ("user", "claim"), [("u000", "claim-u000-example-org---"), ("u001", "claim-u001-40example-2eorg")]
)
async def test_a_server_starts_and_stops(hub, user, claim):
    path = f"/users/{user}@example.org/server"
    assert (await hub.ask(path, method="POST"))[0] == 202
    assert (await hub.ask(path, method="POST"))[0] == 202
    _, starting = await hub.ask(f"/users/{user}@example.org")
    assert (starting["pending"], starting["server"]) == ("spawn", None)
    await hub.live()
    _, running = await hub.ask(f"/users/{user}@example.org")
    assert (running["pending"], running["server"]) == (None, f"/user/{user}@example.org/")
    status, answer = await hub.ask(path, method="POST")
    assert status == 400
    assert "already running" in answer["message"]
    (made,) = hub.store.list(PERSISTENT_VOLUME_CLAIM, "jhub")
    assert made["metadata"]["name"].startswith(claim)

    assert (await hub.ask(path, method="DELETE"))[0] == 202
    assert (await hub.ask(f"/users/{user}@example.org"))[1]["pending"] == "stop"
    await hub.live()
    assert (await hub.ask(path, method="DELETE"))[0] == 204
    assert (await hub.ask(f"/users/{user}@example.org"))[1]["servers"] == {}
    assert hub.store.list(PERSISTENT_VOLUME_CLAIM, "jhub"), "the home outlives the server"


async def test_a_server_that_is_stopping_cannot_be_started_yet(hub):
    path = "/users/u000@example.org/server"
    await hub.ask(path, method="POST")
    await hub.live()
    await hub.ask(path, method="DELETE")
    assert (await hub.ask(path, method="DELETE"))[0] == 202
    status, answer = await hub.ask(path, method="POST")
    assert status == 400
    assert "pending stop" in answer["message"]
    await hub.live()
    assert (await hub.ask(path, method="POST"))[0] == 202


@pytest.mark.parametrize(("seconds", "status"), [(0, 204), (5, 204), (25, 202)])
async def test_a_stop_is_answered_when_the_server_has_stopped_or_after_ten_seconds(seconds, status):
    async with running(10.0) as hub:
        path = "/users/u000@example.org/server"
        await hub.ask(path, method="POST")
        await hub.live()
        began, hub.users.stop_seconds = hub.clock.now(), seconds
        server = hub.users.find("u000@example.org").servers[""]
        asking = asyncio.create_task(hub.ask(path, method="DELETE"))
        while not server.stopping:
            await asyncio.sleep(0.001)
        while not asking.done():
            await hub.live(1)
            await asyncio.sleep(0.001)
        assert (await asking)[0] == status
        assert (hub.clock.now() - began).total_seconds() < 15
        _, model = await hub.ask("/users/u000@example.org")
        if status == 202:
            told = model["servers"][""]
            assert (told["pending"], told["ready"], told["stopped"]) == ("stop", False, False)
            assert (await hub.ask(path, method="DELETE"))[0] == 202
            await hub.live(30)
        assert (await hub.ask("/users/u000@example.org"))[1]["servers"] == {}


async def test_nobodys_server_and_no_such_server_are_not_found(hub):
    for method in ("POST", "DELETE"):
        assert (await hub.ask("/users/nobody@example.org/server", method=method))[0] == 404
    assert (await hub.ask("/users/u000@example.org/servers/lab", method="DELETE"))[0] == 404


async def test_deleting_a_user_takes_all_homes_along_and_nobody_elses(hub):
    await hub.ask("/users/u000@example.org/servers/lab", method="POST")
    await hub.live()
    await hub.ask("/users/u000@example.org/servers/lab", method="DELETE")
    for user in ("u000", "u001"):
        await hub.ask(f"/users/{user}@example.org/server", method="POST")
    await hub.live()
    assert len(hub.store.list(PERSISTENT_VOLUME_CLAIM, "jhub")) == 3
    assert (await hub.ask("/users/u000@example.org", method="DELETE"))[0] == 204
    await hub.live()
    assert (await hub.ask("/users/u000@example.org"))[0] == 404
    for kind in (POD, PERSISTENT_VOLUME_CLAIM):
        owners = [
            o["metadata"].get("annotations", {}).get("hub.jupyter.org/username") for o in hub.store.list(kind, "jhub")
        ]
        assert [owner for owner in owners if owner] == ["u001@example.org"]


async def test_without_a_ready_hub_the_proxy_answers_503(hub):
    hub.store.delete(DEPLOYMENT, "jhub", "hub")
    status, text = await hub.ask("/users")
    assert status == 503
    assert "message" not in text

    async def full():
        return FULL

    reader = HubReader(str(hub.http.make_url("/")), full)
    try:
        with pytest.raises(Unavailable):
            await reader.users()
    finally:
        await reader.close()


async def test_without_a_proxy_nothing_answers(hub):
    hub.store.delete(DEPLOYMENT, "jhub", "proxy")
    with pytest.raises((ServerDisconnectedError, ConnectionResetError)):
        await hub.ask("/users")


async def test_signing_in_goes_to_entra_with_the_hubs_own_callback(hub):
    response = await hub.http.get("/hub/oauth_login", allow_redirects=False)
    assert response.status == 302
    entra = URL(response.headers["Location"])
    assert entra.host == "login.microsoftonline.com"
    assert entra.query["redirect_uri"] == "https://hub.example.org/hub/oauth_callback"
