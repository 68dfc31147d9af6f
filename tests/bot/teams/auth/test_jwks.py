"""Signing keys are replaced now and then; a stranger's invented key ids must not cost a fetch each."""

import asyncio

import pytest

from bot.teams.auth.jwks import REFRESH_EVERY, RETRY_AFTER, UNKNOWN_WINDOW, KeysUnavailable, SigningKeys
from bot.teams.connector_client import open_session


@pytest.fixture
async def keys(issuer, clock):
    async with open_session() as session:
        yield SigningKeys(session, issuer.metadata_url, clock)


@pytest.fixture
async def fresh(keys, kit):
    task = asyncio.create_task(keys.keep_fresh())
    await kit.eventually(lambda: keys.known)
    yield keys
    task.cancel()


async def test_a_new_key_is_picked_up_at_once(fresh, issuer):
    issuer.rotate("key-2")
    found = await fresh.find("key-2")
    assert found is not None
    assert "msteams" in found.endorsements
    assert await fresh.find("key-1") is None


async def test_a_flood_of_unknown_ids_costs_one_fetch_per_window(fresh, issuer, clock):
    before = issuer.fetches
    await asyncio.gather(*(fresh.find(f"made-up-{n}") for n in range(100)))
    assert issuer.fetches == before + 1
    await clock.advance(UNKNOWN_WINDOW + 1)
    await asyncio.gather(*(fresh.find(f"made-up-{n}") for n in range(100)))
    assert issuer.fetches == before + 2


async def test_a_new_key_is_picked_up_during_a_flood_when_the_window_ends(fresh, issuer, clock):
    await fresh.find("made-up")
    issuer.rotate("key-2")
    assert await fresh.find("key-2") is None
    await clock.advance(UNKNOWN_WINDOW + 1)
    assert await fresh.find("key-2") is not None


async def test_a_failing_server_leaves_the_known_keys(fresh, issuer, clock):
    issuer.failing = True
    await clock.advance(REFRESH_EVERY + 1)
    assert await fresh.find("made-up") is None
    assert await fresh.find("key-1") is not None


async def test_an_empty_set_leaves_the_known_keys(fresh, issuer):
    issuer.keys = {}
    assert await fresh.find("made-up") is None
    assert await fresh.find("key-1") is not None


async def test_keys_are_fetched_hourly_and_sooner_after_a_failure(fresh, issuer, clock, kit):
    issuer.failing = True
    await clock.advance(REFRESH_EVERY + 1)
    await kit.eventually(lambda: issuer.fetches == 2)
    issuer.failing = False
    issuer.rotate("key-2")
    await clock.advance(RETRY_AFTER + 1)
    await kit.eventually(lambda: issuer.fetches == 3)
    assert await fresh.find("key-2") is not None
    assert issuer.fetches == 3


async def test_without_any_key_nobody_can_be_checked(keys, issuer):
    issuer.failing = True
    with pytest.raises(KeysUnavailable):
        await keys.find("key-1")
