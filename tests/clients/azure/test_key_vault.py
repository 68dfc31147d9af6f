"""Secrets of a key vault: against the sandbox's, as it is and as it refuses."""

import pytest
from yarl import URL

from clients.azure.key_vault import Vault
from clients.errors import NotFound, Rejected, Unavailable
from sandbox.azure.key_vault import KeyVault
from sandbox.azure.key_vault_routes import KeyVaultRoutes

SECRET = "canary-5b1f"


@pytest.fixture
def kept():
    return KeyVault({"app": SECRET, "off": SECRET}, {"off"})


@pytest.fixture
async def vault(kept, aiohttp_server, clock):
    server = await aiohttp_server(KeyVaultRoutes(kept).app())
    return Vault(str(server.make_url("/")), bearer(kept.token), now=clock)


class Clock:
    time = 0.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


def bearer(text):
    async def token():
        return text

    return token


async def test_a_secret_is_read_and_a_new_one_is_seen_after_a_minute(kept, vault, clock):
    assert [await vault.secret("app"), await vault.secret("app")] == [SECRET] * 2
    assert kept.requests == 1
    kept.values["app"] = "rotated"
    clock.time = 59.0
    assert await vault.secret("app") == SECRET
    clock.time = 60.0
    assert await vault.secret("app") == "rotated"


@pytest.mark.parametrize("fault", ["absent", "throttled"])
async def test_while_it_does_not_answer_the_last_value_counts_for_an_hour(kept, vault, clock, fault):
    await vault.secret("app")
    kept.fault, clock.time = fault, 3599.0
    assert await vault.secret("app") == SECRET
    clock.time = 3600.0
    with pytest.raises(Unavailable, match="Key Vault"):
        await vault.secret("app")


async def test_what_it_refuses_counts_at_once_and_nothing_is_kept(kept, vault, clock):
    await vault.secret("app")
    kept.disabled.add("app")
    clock.time = 61.0
    with pytest.raises(Rejected, match="Key Vault Secrets User"):
        await vault.secret("app")
    kept.fault = "absent"
    with pytest.raises(Unavailable):
        await vault.secret("app")


@pytest.mark.parametrize(
    ("name", "error", "why"),
    [
        ("none", NotFound, "has no secret none"),
        ("off", Rejected, "enabled"),
        (f"app/{'0' * 32}", NotFound, "no secret"),
    ],
)
async def test_what_there_is_not_is_said_without_a_value(vault, name, error, why):
    with pytest.raises(error, match=why) as caught:
        await vault.secret(name)
    assert SECRET not in str(caught.value)


async def test_a_token_that_is_not_taken(kept, aiohttp_server):
    server = await aiohttp_server(KeyVaultRoutes(kept).app())
    with pytest.raises(Rejected, match="refused the bot’s token"):
        await Vault(str(server.make_url("/")), bearer("other")).secret("app")


@pytest.mark.parametrize("address", ["http://a.vault.azure.net", "ftp://127.0.0.1", "", "https://"])
def test_an_address_that_would_show_the_token_is_refused(address):
    with pytest.raises(ValueError, match="https://"):
        Vault(address, bearer("x"))


async def test_an_answer_without_a_value_is_unavailable(aiohttp_server):
    from aiohttp import web  # noqa: PLC0415 - for this one alone

    async def answer(request):
        assert request.query["api-version"] == "7.4"
        return web.json_response({"value": None})

    app = web.Application()
    app.router.add_get("/secrets/app", answer)
    server = await aiohttp_server(app)
    with pytest.raises(Unavailable, match="cannot be read"):
        await Vault(str(URL(server.make_url("/")).origin()), bearer("x")).secret("app")
