"""Two bots on one PostgreSQL: either answers, and what one leaves when it is killed for good the other one ends."""

import asyncio
import itertools
from pathlib import Path

import pytest

from bot.changes.model import State
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from clients.kube import KubeReader, connect
from tests.fault.bot_process import BotProcess, is_final

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

_WITHIN = 60.0


@pytest.fixture
async def pair(tmp_path, postgres_url):
    """Two replicas and the world they share. Silence is short here: nobody wants to wait a minute."""
    url_file = tmp_path / "store-url"
    url_file.write_text(postgres_url, encoding="utf-8")
    settings = {"store": {"url_file": str(url_file), "silence": "4s"}}
    async with sandbox(("--speed", "4")) as world, LocalTeams(world.tenant).running() as teams:
        bots = [BotProcess(world, teams, tmp_path, settings, replica=f"bot-{number}") for number in (0, 1)]
        await asyncio.gather(*(bot.start() for bot in bots))
        try:
            yield bots
        finally:
            await asyncio.gather(*(bot.end() for bot in bots))


def talk_to(bot):
    bot.teams.bot_url = bot.url


async def until(bot, condition):
    """The first change of which `condition` holds."""
    async with asyncio.timeout(_WITHIN):
        while True:
            async with bot.records() as changes:
                known = [*await changes.open(), *await changes.ended(5)]
            if found := next(filter(condition, known), None):
                return found
            await asyncio.sleep(0.05)


async def press(bot, who, verb, change):
    data = {"id": change.id, "digest": change.digest}
    return await bot.press(who, change.card, {"type": "Action.Execute", "verb": verb, "data": data})


async def asked(bot, line):
    talk_to(bot)
    await bot.say("operator", f"/jhub {line}")
    return await until(bot, lambda change: change.state is State.WAITING and change.card)


async def snapshots_of(bot, change):
    api = await connect(Path(str(bot.world.ready["kubeconfig"])))
    try:
        known = await KubeReader(api, str(bot.world.ready["namespace"])).snapshots()
    finally:
        await api.close()
    return [one for one in known if one.labels.get("jhub-bot/operation") == change.id]


async def ended(bot, change):
    found = await until(bot, lambda known: known.id == change.id and known.state is State.ENDED)
    async with asyncio.timeout(_WITHIN):
        while not is_final(bot.teams.activities[found.card]):
            await asyncio.sleep(0.1)
    return found


async def test_a_click_may_reach_the_other_replica(pair):
    first, second = pair
    change = await asked(first, "storage delete emmy.noether@example.org")
    talk_to(second)
    await press(second, "approver", "approve", change)
    assert (await ended(second, change)).outcome == "done"
    assert len(await snapshots_of(first, change)) == 1


@pytest.mark.parametrize("moment", [0.0, 0.3, 1.0])
async def test_what_a_killed_replica_left_is_ended_by_the_other(pair, moment):
    first, second = pair
    change = await asked(first, "storage delete emmy.noether@example.org")
    await press(first, "approver", "approve", change)
    await asyncio.sleep(moment)
    await first.kill()
    talk_to(second)
    assert (await ended(second, change)).outcome == "done"
    assert len(await snapshots_of(second, change)) == 1


async def test_a_pending_approval_of_a_killed_replica_is_decided_at_the_other(pair):
    first, second = pair
    change = await asked(first, "storage delete emmy.noether@example.org")
    await first.kill()
    talk_to(second)
    await press(second, "approver", "reject", change)
    assert (await ended(second, change)).outcome == "rejected"


async def test_both_ask_at_once_and_one_waits_for_the_other(pair):
    """One change at a time per hub, whichever replica has it."""
    first, second = pair
    one = await asked(first, "storage delete emmy.noether@example.org")
    talk_to(second)
    await second.say("operator", "/jhub storage delete linus.mwangi@example.org")
    other = await until(second, lambda known: known.id != one.id and known.state is State.WAITING and known.card)
    for bot, change in zip(pair, (one, other), strict=True):
        talk_to(bot)
        await press(bot, "approver", "approve", change)
    await ended(first, one)
    await ended(second, other)
    async with first.records() as changes:
        runs = sorted((change.ticket, change.changed) for change in await changes.ended(5))
    assert len(runs) == 2
    assert all(earlier[1] <= later[1] for earlier, later in itertools.pairwise(runs))
