"""The sandbox's app registrations and Entra's token endpoint: Graph's shapes, its refusals, secrets that expire."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ServerDisconnectedError
from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import ManualClock
from sandbox.entra.applications import CLIENT_ID, SETTLING, Applications, registered
from sandbox.entra.applications_routes import ApplicationsRoutes
from sandbox.entra.directory import Directory, directory
from sandbox.entra.directory_routes import DirectoryRoutes
from sandbox.entra.people import TENANT
from sandbox.entra.token_endpoint_routes import TokenEndpointRoutes

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECRET = "sandbox~the-hubs-own"
APP = f"/v1.0/applications(appId='{CLIENT_ID}')"


@dataclass
class Entra:
    clock: ManualClock
    graph: Directory
    apps: Applications
    http: TestClient
    login: TestClient
    authority: TokenEndpointRoutes

    async def ask(self, path, method="GET", **more):
        headers = {"Authorization": f"Bearer {self.graph.token}"}
        async with self.http.request(method, path, headers=headers, **more) as response:
            return response.status, await response.json() if response.status != 204 else None

    async def add(self, **credential):
        return await self.ask(f"{APP}/addPassword", "POST", json={"passwordCredential": credential})

    async def remove(self, key_id):
        return await self.ask(f"{APP}/removePassword", "POST", json={"keyId": key_id})

    async def token(self, secret, tenant=TENANT, **more):
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": secret,
            "scope": "https://graph.microsoft.com/.default",
        }
        async with self.login.post(f"/{tenant}/oauth2/v2.0/token", data=form | more) as response:
            return response.status, await response.json()

    @property
    def app(self):
        return self.apps.by_app_id[CLIENT_ID]


@pytest.fixture
async def entra():
    clock, graph = ManualClock(NOW), directory()
    apps = registered(clock, "hub.example.org", SECRET)
    authority = TokenEndpointRoutes(apps)
    async with (
        TestClient(TestServer(DirectoryRoutes(graph).app(ApplicationsRoutes(apps).routes()))) as http,
        TestClient(TestServer(authority.app())) as login,
    ):
        yield Entra(clock, graph, apps, http, login, authority)


async def test_the_registration_shows_its_secrets_without_their_text(entra):
    status, app = await entra.ask(f"{APP}?$select=id,web,passwordCredentials")
    assert status == 200
    assert set(app) == {"id", "web", "passwordCredentials"}
    assert app["web"]["redirectUris"] == ["https://hub.example.org/hub/oauth_callback"]
    past, hub = app["passwordCredentials"]
    assert hub["hint"] == SECRET[:3]
    assert datetime.fromisoformat(hub["endDateTime"]) - NOW == timedelta(days=157, hours=5)
    assert datetime.fromisoformat(past["endDateTime"]) < NOW
    assert [one["secretText"] for one in (past, hub)] == [None, None]
    assert SECRET not in str(app)


async def test_it_is_found_by_object_id_and_by_filter_too(entra):
    _, by_client = await entra.ask(APP)
    assert await entra.ask(f"/v1.0/applications/{by_client['id']}") == (200, by_client)
    assert await entra.ask(f"/v1.0/applications?$filter=appId eq '{CLIENT_ID}'") == (200, {"value": [by_client]})
    assert (await entra.ask("/v1.0/applications?$filter=appId eq 'x'"))[1] == {"value": []}


async def test_the_principal_says_whether_people_must_be_assigned(entra):
    path = f"/v1.0/servicePrincipals(appId='{CLIENT_ID}')?$select=appRoleAssignmentRequired"
    assert await entra.ask(path) == (200, {"appRoleAssignmentRequired": True})
    entra.app.assigned_only = False
    assert await entra.ask(path) == (200, {"appRoleAssignmentRequired": False})


async def test_a_new_secret_is_told_once_and_accepted_a_little_later(entra):
    status, made = await entra.add(displayName="new", endDateTime="2026-12-01T00:00:00Z")
    assert status == 200
    assert made["secretText"].startswith(made["hint"])
    assert len(made["secretText"]) == 40
    assert (await entra.token(made["secretText"]))[1]["error_codes"] == [7000215]
    await entra.clock.advance(SETTLING.total_seconds() + 1)
    status, answer = await entra.token(made["secretText"])
    assert (status, answer["token_type"]) == (200, "Bearer")
    _, app = await entra.ask(APP)
    assert app["passwordCredentials"][-1]["secretText"] is None
    assert made["secretText"] not in str(app)


async def test_secrets_expire_by_the_sandboxs_clock(entra):
    assert (await entra.token(SECRET))[0] == 200
    await entra.clock.advance(timedelta(days=158).total_seconds())
    status, answer = await entra.token(SECRET)
    assert (status, answer["error"], answer["error_codes"]) == (401, "invalid_client", [7000222])


async def test_a_removed_secret_is_refused_and_not_there_to_be_removed_again(entra):
    key_id = entra.app.passwords[-1].key_id
    assert await entra.remove(key_id) == (204, None)
    assert (await entra.token(SECRET))[1]["error_codes"] == [7000215]
    status, answer = await entra.remove(key_id)
    assert (status, answer["error"]["code"]) == (400, "Request_BadRequest")


async def test_only_owners_change_it(entra):
    async with entra.http.put("/_sandbox/applications", json={"owned": False}) as response:
        assert response.status == 200
    before = list(entra.app.passwords)
    for status, answer in (await entra.add(displayName="x"), await entra.remove(before[0].key_id)):
        assert (status, answer["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert entra.app.passwords == before


@pytest.mark.parametrize(
    "credential",
    [{"displayName": "x" * 121}, {"displayName": 7}, {"endDateTime": "2026-11-23T00:00:00Z"}, {"endDateTime": "soon"}],
)
async def test_nonsense_is_refused(entra, credential):
    status, answer = await entra.add(**credential)
    assert (status, answer["error"]["code"]) == (400, "Request_BadRequest")


async def test_what_is_not_there_is_not_found(entra):
    other = f"/v1.0/applications(appId='{TENANT}')"
    for path, method in ((other, "GET"), (f"{other}/addPassword", "POST"), (f"{other}/removePassword", "POST")):
        status, answer = await entra.ask(path, method)
        assert (status, answer["error"]["code"]) == (404, "Request_ResourceNotFound")


async def test_nobody_without_a_token_sees_it(entra):
    async with entra.http.get(APP) as response:
        assert response.status == 401


async def test_an_answer_can_be_lost_after_the_deed(entra):
    entra.apps.lose_answers = 1
    with pytest.raises((ServerDisconnectedError, ConnectionResetError)):
        await entra.add(displayName="half")
    assert entra.app.passwords[-1].name == "half"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"tenant": "contoso.example.org"}, 90002),
        ({"client_id": TENANT}, 700016),
        ({"grant_type": "password"}, 70003),
        ({"scope": "openid"}, 1002012),
    ],
)
async def test_the_endpoint_says_what_is_wrong(entra, more, code):
    status, answer = await entra.token(SECRET, **more)
    assert (status, answer["error_codes"]) == (400, [code])


@pytest.mark.parametrize(("kind", "status"), [("throttled", 429), ("broken", 500)])
async def test_the_endpoint_misbehaves_when_told(entra, kind, status):
    async with entra.login.put("/_sandbox/fault", json={"kind": kind}) as response:
        assert response.status == 200
    async with entra.login.post(f"/{TENANT}/oauth2/v2.0/token") as response:
        assert response.status == status
