"""The bot's own tokens: fetched once for many, renewed in time, never told."""

import asyncio
import logging

import pytest

from bot.teams import TeamsSettings
from bot.teams.auth.outbound_tokens import SCOPE, CachedTokens, TokenUnavailable, azure_tokens
from clients.azure import credentials as azure_credentials
from clients.azure.transport import Transport


class Issued:
    def __init__(self, token, expires_on):
        self.token = token
        self.expires_on = expires_on


class FakeCredential:
    def __init__(self):
        self.fetched = 0
        self.closed = 0
        self.now = 1_000.0
        self.error = None

    async def get_token(self, *scopes):
        assert scopes == (SCOPE,)
        await asyncio.sleep(0.01)
        if self.error:
            raise self.error
        self.fetched += 1
        return Issued(f"t{self.fetched}", int(self.now) + 3600)

    async def close(self):
        self.closed += 1

    def tokens(self):
        async def make():
            return self

        return CachedTokens(make, lambda: self.now)


async def test_one_fetch_serves_many_until_shortly_before_the_end():
    credential = FakeCredential()
    tokens = credential.tokens()
    assert set(await asyncio.gather(*(tokens.get() for _ in range(20)))) == {"t1"}
    credential.now += 3200
    assert await tokens.get() == "t1"
    credential.now += 200
    assert await tokens.get() == "t2"
    assert credential.closed == credential.fetched == 2


async def test_a_good_token_outlives_a_failing_renewal():
    credential = FakeCredential()
    tokens = credential.tokens()
    await tokens.get()
    credential.now += 3400
    credential.error = OSError("down")
    assert await tokens.get() == "t1"
    credential.now += 300
    with pytest.raises(TokenUnavailable):
        await tokens.get()


async def test_a_token_that_was_not_taken_is_forgotten():
    tokens = FakeCredential().tokens()
    await tokens.get()
    tokens.forget()
    assert await tokens.get() == "t2"


async def test_errors_tell_a_code_and_no_secret(caplog):
    credential = FakeCredential()
    credential.error = ValueError("AADSTS7000215: Invalid client secret provided: s3cret")
    with caplog.at_level(logging.DEBUG), pytest.raises(TokenUnavailable, match="AADSTS7000215") as caught:
        await credential.tokens().get()
    assert "s3cret" not in caplog.text + str(caught.value)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("SingleTenant", "ClientSecretCredential"),
        ("UserAssignedMSI", "ManagedIdentityCredential"),
        ("WorkloadIdentity", "WorkloadIdentityCredential"),
        ("AzureCli", "AzureCliCredential"),
    ],
)
async def test_each_kind_of_app_asks_its_own_source(monkeypatch, kind, name):
    made = []
    credential = FakeCredential()

    def make(*args, **kwargs):
        # All but Azure's own command line are asked by what follows the bot's rules: no redirect, no endless answer.
        assert isinstance(kwargs.pop("transport", None), Transport) == (
            kind != "AzureCli" and args[-1:] != ("unknown",)
        )
        made.append((args, kwargs))
        return credential

    monkeypatch.setattr(azure_credentials, name, make)
    secrets = iter(["old", "new"])

    async def secret():
        return next(secrets)

    tokens = azure_tokens(TeamsSettings("app", kind, ("home", "other"), secret))
    assert await tokens.get() == "t1"
    tokens.forget()
    await tokens.get()
    expected = {
        "SingleTenant": [(("home", "app", "old"), {}), (("home", "app", "new"), {})],
        "AzureCli": [((), {"tenant_id": "home"})] * 2,
    }
    assert [call for call in made if call[0][-1:] != ("unknown",)] == expected.get(
        kind, [((), {"client_id": "app"})] * 2
    )
