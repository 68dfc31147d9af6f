"""Signing in at the sandbox's hub: by the configuration that the running hub was started with, not by the newest."""

import asyncio
import base64
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from sandbox.apiserver.objects.resource_kinds import NAMESPACE, POD, SECRET
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.jupyterhub.oauth import SignIn
from sandbox.jupyterhub.oauth_routes import OAuthRoutes
from tests.sandbox.entra.test_applications import NOW


class Hub:
    def __init__(self, store, http, task, sign_in):
        self.store, self.http, self.task, self.sign_in = store, http, task, sign_in

    def install(self, **azure):
        """What helm writes into the hub's Secret."""
        values = {"hub": {"config": {"AzureAdOAuthenticator": azure}}}
        data = {"values.yaml": base64.b64encode(json.dumps(values).encode()).decode()}
        if self.store.find(SECRET, "jhub", "hub"):
            self.store.modify(SECRET, "jhub", "hub", lambda secret: secret.update(data=data))
        else:
            self.store.create(SECRET, "jhub", {"metadata": {"name": "hub"}, "data": data})

    async def start(self, name):
        """Another hub in place of the one there was."""
        for pod in self.store.list(POD, "jhub"):
            self.store.remove(POD, "jhub", pod["metadata"]["name"])
        metadata = {"name": name, "labels": {"component": "hub"}}
        spec = {"containers": [{"name": "hub", "image": "example.org/hub:1"}]}
        self.store.create(POD, "jhub", {"metadata": metadata, "spec": spec})
        await asyncio.sleep(0.01)

    async def client(self):
        async with self.http.get("/hub/oauth_login", allow_redirects=False) as response:
            assert response.status == 302
            return URL(response.headers["Location"]).query["client_id"]

    async def callback(self, query="?code=made-up"):
        async with self.http.get(f"/hub/oauth_callback{query}") as response:
            return response.status


@pytest.fixture
async def hub():
    store = Store(ManualClock(NOW))
    store.create(NAMESPACE, None, {"metadata": {"name": "jhub"}})
    sign_in = SignIn(store, "jhub", "hub.example.org", lambda client, secret: (client, secret) == ("c-1", "right"))
    app = web.Application()
    app.add_routes(OAuthRoutes(sign_in).routes())
    task = asyncio.create_task(sign_in.run())
    await asyncio.sleep(0)
    async with TestClient(TestServer(app)) as http:
        yield Hub(store, http, task, sign_in)
    task.cancel()


async def test_what_is_put_into_the_release_counts_from_the_next_start_on(hub):
    hub.install(client_id="c-1", client_secret="right")
    await hub.start("hub-1")
    assert (await hub.client(), await hub.callback()) == ("c-1", 403)
    hub.install(client_id="c-2", client_secret="wrong")
    assert (await hub.client(), await hub.callback()) == ("c-1", 403)
    await hub.start("hub-2")
    assert (await hub.client(), await hub.callback()) == ("c-2", 500)


async def test_a_hub_that_nobody_has_asked_yet_remembers_what_it_was_started_with(hub):
    hub.install(client_id="c-1", client_secret="right")
    await hub.start("hub-1")
    hub.install(client_id="c-1", client_secret="wrong")
    assert await hub.callback() == 403


async def test_a_callback_without_a_code_is_a_bad_request(hub):
    assert await hub.callback("") == 400


async def test_who_comes_back_with_an_error_is_in_the_log_as_they_came(hub):
    forged = "AADSTS50105: no%0A[E 2026-11-23 09:00:00.000 JupyterHub user:1012] Error starting ada's server: lies"
    assert await hub.callback(f"?error=access_denied&error_description={forged}") == 400
    pod = {"metadata": {"labels": {"component": "hub"}}}
    lines = [line for _, line in hub.sign_in.log.log_lines(pod, "hub")]
    assert "OAuth error: AADSTS50105: no" in lines[0]
    assert lines[1].startswith("    [E 2026-11-23"), "a record of several lines is indented"
    assert "400 GET /hub/oauth_callback?error=access_denied" in lines[2]
    assert list(hub.sign_in.log.log_lines(pod, "other")) == []
