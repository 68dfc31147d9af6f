"""The login page and the proof of a secret: against the sandbox's endpoint, and pages that send people elsewhere."""

import traceback
from datetime import UTC, datetime

import pytest
from aiohttp import web

from clients.entra.login_page import Login, Redirect
from clients.errors import Unavailable
from sandbox.clock import ManualClock
from sandbox.entra.applications import CLIENT_ID, registered
from sandbox.entra.people import TENANT
from sandbox.entra.token_endpoint_routes import TokenEndpointRoutes
from sandbox.internet.tls import Certificates, Serving

HOST = "hub.example.org"
SECRET = "sandbox~the-hubs-own"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize"
CALLBACK = f"https://{HOST}/hub/oauth_callback"


@pytest.fixture
async def authority(aiohttp_server):
    apps = registered(ManualClock(datetime(2026, 11, 24, 9, 0, tzinfo=UTC)), HOST, SECRET)
    its = TokenEndpointRoutes(apps)
    server = await aiohttp_server(its.app())
    return its, Login(HOST, authority=str(server.make_url("")), timeout=2)


@pytest.fixture
async def serve(aiohttp_server, tmp_path):
    """Serves a login page by TLS and gives the client that asks it."""

    async def serve(answer, serving=Serving.PROPER):
        certificates = Certificates(HOST)
        certificates.switch(serving)
        trust = tmp_path / "ca.pem"
        trust.write_bytes(certificates.root_pem)
        app = web.Application()
        app.router.add_get("/{tail:.*}", answer)
        server = await aiohttp_server(app, ssl=certificates.server_context())
        return Login(HOST, server.port, address="127.0.0.1", trust=trust, timeout=2)

    return serve


def redirecting(target, status=302):
    async def answer(request):
        assert request.host == HOST
        assert request.path == "/hub/oauth_login"
        return web.Response(status=status, headers={"Location": target})

    return answer


async def test_the_page_says_where_it_sends_people(serve):
    login = await serve(redirecting(f"{ENTRA}?client_id={CLIENT_ID}&redirect_uri={CALLBACK}&state=x"))
    assert await login.redirect() == Redirect("login.microsoftonline.com", TENANT, CLIENT_ID, CALLBACK)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/hub/login",
        "https://example.org",
        f"{ENTRA}?client_id={CLIENT_ID}",
        f"{ENTRA}?redirect_uri={CALLBACK}",
        "http://[",
    ],
)
async def test_a_page_that_sends_people_elsewhere_is_said(serve, target):
    login = await serve(redirecting(target))
    with pytest.raises(Unavailable, match="not an Entra login"):
        await login.redirect()


@pytest.mark.parametrize("status", [200, 404, 500, 503])
async def test_a_page_that_sends_nobody_anywhere_is_said(serve, status):
    login = await serve(redirecting("", status))
    with pytest.raises(Unavailable, match=f"answers with {status}"):
        await login.redirect()


@pytest.mark.parametrize("serving", [Serving.EXPIRED, Serving.WRONG_HOST, Serving.TRAEFIK_DEFAULT])
async def test_a_certificate_that_no_browser_takes_ends_it(serve, serving):
    login = await serve(redirecting(ENTRA), serving)
    with pytest.raises(Unavailable, match="certificate that is not accepted"):
        await login.redirect()


async def test_nobody_there_and_no_host_are_outages():
    for login in (Login(HOST, 1, address="127.0.0.1", timeout=2), Login("")):
        with pytest.raises(Unavailable) as caught:
            await login.redirect()
        assert "127.0.0.1" not in str(caught.value)


async def test_a_secret_is_right_or_wrong(authority):
    its, login = authority
    assert await login.accepts(TENANT, CLIENT_ID, SECRET) is True
    assert await login.accepts(TENANT, CLIENT_ID, "wrong") is False
    assert its.requests == 2


async def test_an_expired_secret_is_wrong(authority):
    its, login = authority
    past = its._applications.by_app_id[CLIENT_ID].passwords[0]
    assert await login.accepts(TENANT, CLIENT_ID, past.text) is False


@pytest.mark.parametrize(("tenant", "client"), [(TENANT, TENANT), (CLIENT_ID, CLIENT_ID)])
async def test_what_is_wrong_with_something_else_says_nothing_of_the_secret(authority, tenant, client):
    _, login = authority
    with pytest.raises(Unavailable, match="AADSTS"):
        await login.accepts(tenant, client, SECRET)


@pytest.mark.parametrize("tenant", ["", "..", "a/b", "x?y", "\n", "../x"])
async def test_what_is_no_tenant_is_not_asked(authority, tenant):
    its, login = authority
    with pytest.raises(Unavailable):
        await login.accepts(tenant, CLIENT_ID, SECRET)
    assert its.requests == 0


@pytest.mark.parametrize("fault", ["throttled", "broken", "absent"])
async def test_an_endpoint_in_trouble_is_an_outage_and_tells_nothing(authority, fault):
    its, login = authority
    its.fault = fault
    with pytest.raises(Unavailable) as caught:
        await login.accepts(TENANT, CLIENT_ID, SECRET)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_slow_endpoint_is_not_waited_for(authority):
    its, login = authority
    its.fault, login._timeout = "slow", 0.05
    with pytest.raises(Unavailable, match="did not answer"):
        await login.accepts(TENANT, CLIENT_ID, SECRET)


@pytest.mark.parametrize("url", ["", "login.microsoftonline.com", "ftp://x", "https://u:p@x", "https://x?y"])
def test_an_authority_is_a_plain_address(url):
    with pytest.raises(ValueError, match="plain http"):
        Login(HOST, authority=url)
