"""Cost by person, the whole way and nothing replaced but the clock: pods of the sandbox, the store, cards, an alert."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome
from bot.jobs import pool_sampler as sampler
from bot.wiring import application as main
from bot.wiring import command_context as seen
from tests.bot.people import Clock
from tests.bot.whole.test_schedule import ask, card, until

SETTINGS = (
    "cost.prices={Standard_E8s_v5: 0.5, Standard_D4s_v5: 0.2, Standard_D2s_v5: 0.1}",
    "cost.disks={managed-csi: {8: 0.60, 16: 1.20}}",
    "cost.budget=1",
    "cost.hours_per_person=0.75",
)


async def test_an_hour_is_sampled_and_told_by_person_profile_and_group(monkeypatch):
    start = (datetime.now(UTC) + timedelta(days=32)).replace(day=2, hour=9, minute=0, second=0, microsecond=0)
    clock = Clock(start)
    for module in (main, seen):
        monkeypatch.setattr(module, "now", clock)
    monkeypatch.setattr(sampler, "_LOOK", 0.1)
    async with trial(SETTINGS, arguments=("--users", "20")) as world:
        (hub,) = world.bot.hubs.values()
        await ask(world, "/jhub cost")
        for minutes in range(5, 60, 5):
            clock.moment = start + timedelta(minutes=minutes)
            await _sampled(hub, clock.moment)
        by_user = await ask(world, "/jhub cost --by user --days 1")
        assert re.search(r"[1-9]\d* people: \d+\.\d h of servers, \d+\.\d\d EUR", by_user), by_user
        assert "All nodes" in by_user
        assert "(none chosen)" in await ask(world, "/jhub cost --by profile")
        assert "(in no group)" in await ask(world, "/jhub cost --by group")
        month = f"{start:%B %Y}"
        assert f"{month} so far" in await ask(world, "/jhub cost")
        assert f"{month} so far" in await ask(world, "/jhub report")
        assert await world.command(world.person("viewer"), "/jhub cost --by user") is Outcome.REFUSED

        assert await world.command(world.person("operator"), "/jhub alerts here on") is Outcome.DONE
        clock.moment += timedelta(minutes=20)
        _, budget = await until(lambda: card(world, f"The budget for {month} is spent"))
        assert "Show cost" in json.dumps(budget)
        _, quota = await until(lambda: card(world, "used more than one person may"))
        assert "@example.org" not in json.dumps(quota)


async def _sampled(hub, moment):
    async with asyncio.timeout(240):
        while not await hub.context.costs.samples.has(moment):
            await asyncio.sleep(0.05)


async def test_a_past_that_is_made_up_is_added_up_once():
    async with trial((*SETTINGS, "cost.timezone=Europe/Berlin"), arguments=("--users", "20")) as world:
        operator = world.person("operator")
        assert await world.command(operator, "/sandbox past 14") is Outcome.ANSWERED
        first = await ask(world, "/jhub cost --by profile --days 10")
        assert await world.command(operator, "/sandbox past 14") is Outcome.ANSWERED
        assert _hours(first) == _hours(await ask(world, "/jhub cost --by profile --days 10")) > 50
        assert "Nodes by day" in await ask(world, "/jhub report")


def _hours(told):
    return int(re.search(r"profiles: ([\d,]+) h of servers", told)[1].replace(",", ""))
