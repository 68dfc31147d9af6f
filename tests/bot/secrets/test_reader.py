"""Secrets by reference: where they are read, and what is said where there are none."""

import contextlib

import pytest

from bot.config.loading import settings_from
from bot.config.secret_reference import SecretRef
from bot.config.types import ConfigError
from bot.secrets.reader import Secrets, from_file, from_secret
from bot.store.connect import store_url
from clients.errors import NotFound, Unavailable
from sandbox.azure.key_vault import KeyVault
from sandbox.azure.key_vault_routes import KeyVaultRoutes

KEY = "hub.services.jhub-bot.apiToken"


def holding(**secrets):
    async def secret(name):
        if name not in secrets:
            raise NotFound(f"There is no Secret {name}")
        return secrets[name]

    return secret


async def test_a_token_of_a_secret_is_read_whenever_it_is_needed():
    held = {KEY: b"first\n"}
    token = from_secret(holding(hub=held), "hub", KEY, "the hub")
    assert await token() == "first"
    held[KEY] = b"second"
    assert await token() == "second"


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({}, "the Secret hub, which the chart creates, does not exist"),
        ({"hub": {}}, f"the Secret hub has no token under {KEY}"),
        ({"hub": {KEY: b"\xff\xfe"}}, f"the Secret hub has no token under {KEY}"),
    ],
)
async def test_what_is_missing_is_named_and_nothing_is_shown(held, why):
    with pytest.raises(Unavailable) as raised:
        await from_secret(holding(**held), "hub", KEY, "the hub")()
    assert why in str(raised.value)


async def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Unavailable, match="cannot be read"):
        await from_file(tmp_path / "none", "the hub")()


def test_the_usual_place_of_the_token_is_the_charts():
    secret = settings_from({"hub": {"token_secret": {}}}).hub.token_secret
    assert (secret.name, secret.key) == ("hub", KEY)


@pytest.mark.parametrize(
    ("hub", "why"),
    [
        ({"token_secret": {}, "token_file": "/t"}, "not both"),
        ({"token_secret": {"name": "../x"}}, "token_secret.name"),
        ({"token_secret": {"key": "a b"}}, "token_secret.key"),
    ],
)
def test_what_makes_no_sense_is_refused(hub, why):
    with pytest.raises(ConfigError, match=why):
        settings_from({"hub": hub})


CANARY = "canary-77c1"


@pytest.fixture
async def kept(aiohttp_server, tmp_path):
    """A vault with the secret `app`, and the settings of a bot that may ask it."""
    vault = KeyVault({"app": CANARY, "store": f"postgresql://bot:{CANARY}@db.example.org/bot"})
    server = await aiohttp_server(KeyVaultRoutes(vault).app())
    (tmp_path / "vault-token").write_text(vault.token)
    settings = {"key_vault": {"token_file": str(tmp_path / "vault-token")}}
    return vault, str(server.make_url("/")).rstrip("/"), settings


async def test_a_secret_is_read_from_wherever_it_lies(kept, tmp_path, monkeypatch):
    _, address, settings = kept
    (tmp_path / "app").write_text(f"{CANARY}\n")
    monkeypatch.setenv("APP", CANARY)
    async with contextlib.AsyncExitStack() as stack:
        secrets = Secrets(settings_from(settings), stack)
        for place in (f"file:{tmp_path}/app", "env:APP", f"keyvault:{address}/secrets/app"):
            assert await secrets.of(SecretRef.parse(place), "Teams")() == CANARY


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("file:/nowhere/app", "Teams cannot be queried: the file with its secret cannot be read"),
        ("env:NOT_SET", "Teams cannot be queried: the variable NOT_SET with its secret is not set"),
        ("keyvault:{}/secrets/none", "Teams cannot be queried: Key Vault has no secret none"),
    ],
)
async def test_where_there_is_none_that_is_said(kept, monkeypatch, place, why):
    monkeypatch.delenv("NOT_SET", raising=False)
    _, address, settings = kept
    async with contextlib.AsyncExitStack() as stack:
        with pytest.raises(Unavailable, match=why):
            await Secrets(settings_from(settings), stack).of(SecretRef.parse(place.format(address)), "Teams")()


async def test_a_vault_is_connected_to_once(kept):
    vault, address, settings = kept
    async with contextlib.AsyncExitStack() as stack:
        secrets = Secrets(settings_from(settings), stack)
        place = SecretRef.parse(f"keyvault:{address}/secrets/app")
        assert [await secrets.of(place, "Teams")(), await secrets.of(place, "Graph")()] == [CANARY] * 2
    assert vault.requests == 1


async def test_nothing_configured_is_said_when_it_is_needed():
    async with contextlib.AsyncExitStack() as stack:
        with pytest.raises(Unavailable, match="the hub cannot be queried: no token is configured"):
            await Secrets(settings_from({}), stack).maybe(None, "the hub")()


async def test_the_identity_of_a_vault_is_azures_or_its_own(monkeypatch):
    made = []

    class Credential:
        async def close(self):
            made.append("closed")

    def credential(identity, *, client_id):
        made.append((identity, client_id))
        return Credential()

    monkeypatch.setattr("bot.secrets.reader.credential", credential)
    place = SecretRef.parse("keyvault:https://v.vault.azure.net/secrets/app")
    azure = {"azure": {"identity": "AzureCli", "client_id": "a"}}
    for settings in (azure, {**azure, "key_vault": {"identity": "WorkloadIdentity", "client_id": "b"}}):
        async with contextlib.AsyncExitStack() as stack:
            Secrets(settings_from(settings), stack).of(place, "Teams")
    assert made == [("AzureCli", "a"), "closed", ("WorkloadIdentity", "b"), "closed"]


async def test_a_vault_of_this_machine_gets_no_token_of_an_identity():
    async with contextlib.AsyncExitStack() as stack:
        with pytest.raises(ConfigError, match="key_vault: a vault on this machine is the sandbox's"):
            Secrets(settings_from({}), stack).of(SecretRef.parse("keyvault:http://127.0.0.1:1/secrets/a"), "Teams")


async def test_the_stores_address_may_lie_anywhere_even_where_a_loop_runs(kept, monkeypatch):
    import asyncio  # noqa: PLC0415 - for this one alone

    _, address, settings = kept
    vaulted = settings_from({**settings, "store": {"url": f"keyvault:{address}/secrets/store"}})
    # The vault of this test answers on this loop, which a bot's does not.
    assert CANARY in await asyncio.to_thread(store_url, vaulted, "bot")
    monkeypatch.setenv("STORE", f"postgresql://bot:{CANARY}@db.example.org/bot")
    assert CANARY in store_url(settings_from({"store": {"url": "env:STORE"}}), "bot")
    monkeypatch.setenv("STORE", f"sqlite:///{CANARY}")
    with pytest.raises(ValueError, match=r"url \(env:STORE\) must contain") as caught:
        store_url(settings_from({"store": {"url": "env:STORE"}}), "bot")
    assert CANARY not in str(caught.value)
