"""A night of a schedule, the whole way and nothing replaced but the clock: Teams, the bot, the sandbox's Azure."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

from bot.cli.dev.card_actions import action
from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome
from bot.jobs import pool_sampler as sampler
from bot.schedules import runner as scheduler
from bot.wiring import application as main
from bot.wiring import command_context as seen
from tests.bot.people import Clock
from tests.bot.timed import BERLIN

SETTINGS = ("schedules.timezone=Europe/Berlin", "cost.prices={Standard_E8s_v5: 0.5}")


async def until(condition, within=240):
    async with asyncio.timeout(within):
        while not (found := condition()):
            await asyncio.sleep(0.05)
    return found


def card(world, words):
    """The newest card that says this, and its id."""
    return next((its for its in reversed(world.teams.activities.items()) if words in json.dumps(its[1])), None)


async def ask(world, line):
    """What the operator is told."""
    await until(lambda: not world.bot.busy)
    assert await world.command(world.person("operator"), line) is Outcome.ANSWERED
    return json.dumps(list(world.teams.activities.values())[-1], ensure_ascii=False)


async def test_nodes_go_at_night_and_come_in_the_morning_and_what_that_saved_is_told(monkeypatch):
    tomorrow = datetime.now(BERLIN).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    clock = Clock(tomorrow.astimezone(UTC))
    for module in (main, seen):
        monkeypatch.setattr(module, "now", clock)
    monkeypatch.setattr(scheduler, "_LOOK", 0.1)
    monkeypatch.setattr(sampler, "_LOOK", 0.1)
    looked, real = [], sampler.sample

    async def sample(samples, reads):
        looked.append(reads.now)
        return await real(samples, reads)

    monkeypatch.setattr(sampler, "sample", sample)
    async with trial(SETTINGS, arguments=("--speed", "200", "--users", "5")) as world:
        operator, approver = world.person("operator"), Decider(world.person("approver"), "approve")
        for line in ('schedule add "0 19 * * *" scale 0', 'schedule add "30 7 * * *" scale up'):
            assert await world.command(operator, line, approver) is Outcome.DONE

        clock.moment = tomorrow.replace(hour=18, minute=50).astimezone(UTC)
        name, announced = await until(lambda: card(world, "At 19:00 Europe/Berlin: /jhub scale 0"))
        await world.teams.click(operator, name, action(announced, "postpone"))
        await until(lambda: "At 20:00 Europe/Berlin" in json.dumps(world.teams.activities[name]))
        clock.moment = tomorrow.replace(hour=19, minute=1).astimezone(UTC)
        await asyncio.sleep(0.5)
        assert card(world, "Scheduled: Take all nodes") is None

        clock.moment = tomorrow.replace(hour=20).astimezone(UTC)
        await until(lambda: "Ended: /jhub scale 0" in json.dumps(world.teams.activities[name]))
        assert "fixed at 0, kept: autoscaler" in await ask(world, "/jhub nodes")

        for minutes in range(0, 60, 5):
            clock.moment = tomorrow.replace(hour=21, minute=minutes).astimezone(UTC)
            # The second look at a moment begins after the first is kept.
            await until(lambda: looked.count(clock.moment) > 1)
        clock.moment = (tomorrow + timedelta(days=1)).replace(hour=7, minute=30).astimezone(UTC)
        await until(lambda: card(world, "Ended: /jhub scale up"))
        assert "kept:" not in await ask(world, "/jhub nodes")
        told = await ask(world, "/jhub cost")
        assert "Not recorded for" in told
        assert re.search(r"✔ (0\.9|1\.[0-2]) h, 0\.\d\d EUR", told), told
