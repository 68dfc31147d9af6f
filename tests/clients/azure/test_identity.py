"""Tokens for Azure's APIs: by each kind of identity, kept while they are good, and shown nowhere."""

import traceback
from types import SimpleNamespace
from typing import ClassVar

import pytest
from aiohttp import web

from clients.azure import credentials as azure_credentials
from clients.azure.identity import credential, tokens
from clients.errors import Unavailable

SECRET = "canary-secret-8d1f"
TOKEN = "canary-token-5c2e"
KNOWN = {"tenant_id": "5d8f2a10-6c1e-4b7a-9f3d-0a1b2c3d4e5f", "client_id": "the-bot"}


def graph_tokens(identity, base, **more):
    known = credential(identity, **more)
    return tokens(known, "Microsoft Graph", base), known.close


@pytest.fixture
async def identity(aiohttp_server, monkeypatch):
    """A managed identity's endpoint on loopback, as App Service has one; answers with the status in `answers`."""
    asked, answers = [], []

    async def give(request):
        asked.append(dict(request.query) | {"header": request.headers.get("X-IDENTITY-HEADER")})
        status = answers.pop(0) if answers else 200
        if status != 200:
            return web.json_response({"error": "invalid", "error_description": f"no {SECRET}"}, status=status)
        body = {
            "access_token": f"{TOKEN}-{len(asked)}",
            "expires_on": "4102444800",
            "resource": request.query["resource"],
        }
        return web.json_response(body)

    app = web.Application()
    app.router.add_get("/msi/token", give)
    server = await aiohttp_server(app)
    monkeypatch.setenv("IDENTITY_ENDPOINT", str(server.make_url("/msi/token")))
    monkeypatch.setenv("IDENTITY_HEADER", SECRET)
    monkeypatch.delenv("IDENTITY_SERVER_THUMBPRINT", raising=False)
    return asked, answers


@pytest.mark.parametrize("base", ["https://graph.microsoft.com", "https://graph.microsoft.us/"])
async def test_a_managed_identity_gets_a_token_for_the_graph_that_is_asked(identity, base):
    asked, _ = identity
    get, close = graph_tokens("ManagedIdentity", base, client_id="the-bot")
    assert await get() == f"{TOKEN}-1"
    assert await get() == f"{TOKEN}-1", "a token is kept while it is good"
    await close()
    [one] = asked
    assert one["resource"] == base.rstrip("/")
    assert one["header"] == SECRET
    assert one["client_id"] == "the-bot"


async def test_an_identity_that_is_refused_is_unavailable_and_shows_no_secret(identity):
    asked, answers = identity
    answers.append(400)
    get, close = graph_tokens("ManagedIdentity", "https://graph.microsoft.com")
    with pytest.raises(Unavailable, match=r"gave the bot no token \(\w+\)") as caught:
        await get()
    await close()
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert "client_id" not in asked[0]


async def test_a_laptop_without_azures_command_line_is_unavailable(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    get, close = graph_tokens("AzureCli", "https://graph.microsoft.com")
    with pytest.raises(Unavailable, match="CredentialUnavailableError"):
        await get()
    await close()


class FakeCredential:
    """Takes the place of azure-identity's, which would ask Entra."""

    made: ClassVar = []

    def __init__(self, tenant, _client, secret, transport=None):
        del transport
        if "tenant" in tenant:
            raise ValueError("no tenant")
        self.secret = secret
        self.closed = False
        self.made.append(self)

    async def get_token(self, *_scopes):
        return SimpleNamespace(token=f"by {self.secret[-3:]}")

    async def close(self):
        self.closed = True


async def test_a_client_secret_that_is_another_counts_at_once_and_is_shown_nowhere(monkeypatch):
    monkeypatch.setattr(azure_credentials, "ClientSecretCredential", FakeCredential)
    current = [f"{SECRET}-old"]

    async def secret():
        return current[0]

    get, close = graph_tokens("ClientSecret", "https://graph.microsoft.com", secret=secret, **KNOWN)
    FakeCredential.made.clear()
    assert [await get(), await get()] == ["by old"] * 2
    assert len(FakeCredential.made) == 1, "kept while it is the same"
    current[0] = f"{SECRET}-new"
    assert await get() == "by new"
    assert FakeCredential.made[0].closed
    await close()
    assert FakeCredential.made[1].closed
    assert SECRET not in repr(get) + repr(close)


async def test_a_client_secret_that_cannot_be_had_is_unavailable():
    async def secret():
        return ""

    get, close = graph_tokens(
        "ClientSecret", "https://graph.microsoft.com", secret=secret, tenant_id="t", client_id="x"
    )
    with pytest.raises(Unavailable, match="ClientAuthenticationError"):
        await get()
    await close()


@pytest.mark.parametrize(
    ("identity", "more"),
    [
        ("Password", {}),
        ("", {}),
        ("ClientSecret", {}),
        ("ClientSecret", {"secret": lambda: SECRET, "client_id": "x", "tenant_id": "not a tenant"}),
        ("ClientSecret", {"secret": lambda: SECRET, "client_id": "", "tenant_id": "t"}),
        ("WorkloadIdentity", {"tenant_id": "t", "client_id": "x"}),
    ],
)
def test_what_makes_no_identity_is_refused_at_once(monkeypatch, identity, more):
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match=r"\w") as caught:
        credential(identity, **more)
    assert SECRET not in str(caught.value)


async def test_a_workload_identity_without_its_file_is_told_which_one_and_is_no_outage(tmp_path, monkeypatch):
    file = tmp_path / "azure-identity-token"
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(file))
    get, close = graph_tokens("WorkloadIdentity", "https://graph.microsoft.com", **KNOWN)
    with pytest.raises(Unavailable) as caught:
        await get()
    assert caught.value.system == "The bot's workload identity"
    assert str(caught.value) == (
        f"The bot's workload identity cannot log in: the file {file} is missing. AKS puts it into pods with the label "
        "azure.workload.identity/use, whose service account has a client id"
    )
    file.mkdir()
    with pytest.raises(Unavailable, match=r"azure-identity-token cannot be read \(Is a directory\)"):
        await get()
    await close()


async def test_another_file_that_is_missing_is_not_taken_for_the_identitys(monkeypatch):
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "/run/token")

    async def get_token(_):
        raise FileNotFoundError(2, "No such file", "/etc/ssl/ca.pem")

    with pytest.raises(Unavailable, match=r"^Azure gave the bot no token \(FileNotFoundError\)$"):
        await tokens(SimpleNamespace(get_token=get_token), "Azure", "https://management.azure.com")()
