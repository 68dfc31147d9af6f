"""A class from being added to the pool's way back, the whole way: Teams, the bot, the sandbox's Azure, their time."""

import asyncio
import contextlib
import json
import math
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.changes.model import State
from bot.cli.dev import try_command
from bot.cli.dev.card_actions import action
from bot.cli.dev.fault_injection import inject_faults
from bot.cli.dev.sandbox_process import begun
from bot.cli.dev.try_command import Decider, Trial, trial
from bot.config.loading import settings_from, with_values
from bot.instrumentation.outcomes import Outcome
from bot.runtime import wall_clock
from bot.schedules import runner
from bot.wiring.application import running
from commands.events import opening
from tests.bot.timed import BERLIN

SETTINGS = ("schedules.timezone=Europe/Berlin", "cost.prices={Standard_E8s_v5: 0.5}")
WORLD = ("--speed", "50", "--users", "5")


@pytest.fixture(autouse=True)
def time(monkeypatch):
    """The bot's time, moved ahead in this test alone; schedules are looked at all the time."""
    monkeypatch.setattr(wall_clock._Ahead, "length", timedelta(0))
    monkeypatch.setattr(runner, "_LOOK", 0.1)


def day_after_tomorrow(hour):
    """That hour in Berlin, as it is typed."""
    there = wall_clock.now().astimezone(BERLIN) + timedelta(days=2)
    return there.replace(hour=hour, minute=0, second=0, microsecond=0, tzinfo=None)


async def until(condition, within=240):
    async with asyncio.timeout(within):
        while not (found := await condition()):
            await asyncio.sleep(0.05)
    return found


class Place:
    """An operator and an approver in a world, and what they are told."""

    def __init__(self, world):
        self.world = world
        self.operator = world.person("operator")
        self.approver = Decider(world.person("approver"), "approve")

    async def type(self, line, outcome=Outcome.DONE):
        assert await self.world.command(self.operator, line, self.approver) is outcome

    async def ask(self, line):
        await self.type(line, Outcome.ANSWERED)
        return self.last

    async def wait(self, moment, ahead=timedelta(0)):
        """Let the time pass until it is so in Berlin."""
        left = moment.replace(tzinfo=BERLIN) + ahead - wall_clock.now()
        await self.type(f"/sandbox wait {math.ceil(left.total_seconds())}s", Outcome.ANSWERED)

    @property
    def last(self):
        return json.dumps(list(self.world.teams.activities.values())[-1], ensure_ascii=False)

    def card(self, words):
        """The newest card that says this."""
        told = [json.dumps(one, ensure_ascii=False) for one in self.world.teams.activities.values()]
        return next((one for one in reversed(told) if words in one), None)

    async def pool(self):
        """What the bot says of the users' pool."""
        answer = await self.ask("/jhub nodes")
        return next(text for text in ("autoscaler 1–5", "autoscaler 9–9", "autoscaler 1–9", "fixed") if text in answer)

    async def azure(self, path, body):
        ready = self.world.world.ready
        bearer = {"Authorization": f"Bearer {Path(ready['azure_token_file']).read_text().strip()}"}
        async with (
            aiohttp.ClientSession(trust_env=False, headers=bearer) as session,
            session.put(f"{ready['azure_url']}{path}", json=body) as response,
        ):
            assert response.ok


@contextlib.asynccontextmanager
async def place(*arguments):
    async with trial(SETTINGS, arguments=(*WORLD, *arguments)) as world:
        yield Place(world)


async def test_a_class_is_announced_checked_prepared_and_all_goes_back():
    async with place() as here:
        starts = day_after_tomorrow(9)
        await here.type(f'/jhub event add "Intro to Python" {starts:%Y-%m-%dT%H:%M} --people 140')
        added = here.card("Added: “Intro to Python”")
        assert "9 nodes by what runs now" in added
        assert "Megan Bowen" in added
        assert "in 4" in await here.ask("/jhub event list")

        await here.wait(starts, timedelta(hours=-2))
        checked = here.card("“Intro to Python” will work")
        assert "All that it depends on is as it should be" in checked
        assert "140 people" in checked
        assert await here.pool() == "autoscaler 1–5"

        await here.wait(starts)
        opened = here.card("There is room for “Intro to Python”")
        assert "9 ready" in opened
        assert await here.pool() == "autoscaler 9–9"
        assert "on now" in await here.ask("/jhub event list")

        # What comes after the end is seen to at its time: nodes go by themselves before the maximum goes back.
        await here.wait(starts, timedelta(hours=5))
        assert here.card("becomes smaller by itself after “Intro to Python”")
        assert here.card("The event “Intro to Python” has ended")
        assert await here.pool() == "autoscaler 1–5"
        assert "No events" in await here.ask("/jhub event list")
        assert "No schedules" in await here.ask("/jhub schedule list")


async def test_the_day_before_says_that_the_quota_has_become_too_small():
    async with place() as here:
        starts = day_after_tomorrow(9)
        await here.type(f'/jhub event add "Exam" {starts:%Y-%m-%dT%H:%M} --people 140')
        await here.azure("/_sandbox/quota", {"limits": {"cores": 40}})
        await here.wait(starts, timedelta(hours=-3))
        told = here.card("“Exam” will not work yet")
        assert "the pool will not grow further. Have “Total Regional vCPUs” in westeurope raised first" in told

        await here.wait(starts)
        assert "Azure’s quota allows no more than 4" in here.card("Not all is ready for “Exam”")
        await here.wait(starts, timedelta(hours=4))
        assert await here.pool() == "autoscaler 1–5"
        assert "No events" in await here.ask("/jhub event list")


async def test_somebody_calls_it_off_from_its_announcement():
    async with place() as here:
        starts = day_after_tomorrow(9)
        await here.type(f'/jhub event add "Exam" {starts:%Y-%m-%dT%H:%M} --people 140')
        await here.wait(starts, timedelta(minutes=-50))
        name, announced = await until(lambda: _announced(here, "/jhub event start"))
        await here.world.teams.click(here.operator, name, action(announced, "skip"))
        await here.wait(starts, timedelta(hours=1))
        assert await here.pool() == "autoscaler 1–5"
        listed = await here.ask("/jhub schedule list")
        assert "event remove" in listed
        assert "event start" not in listed
        (hub,) = here.world.bot.hubs.values()
        schedule = next(one for one in await hub.context.schedules.all() if one.event)
        assert await here.world.command(here.operator, f"/jhub schedule remove {schedule.id}") is Outcome.INVALID
        await here.type("/jhub event remove exam")
        assert "No schedules" in await here.ask("/jhub schedule list")


async def _announced(here, words):
    there = here.world.teams.activities.items()
    return next((its for its in reversed(there) if f"/jhub {words.removeprefix('/jhub ')}" in json.dumps(its[1])), None)


async def test_a_bot_that_was_down_all_the_time_leaves_the_pool_alone():
    async with place() as here:
        starts = day_after_tomorrow(9)
        await here.type(f'/jhub event add "Exam" {starts:%Y-%m-%dT%H:%M} --people 140')
        # Nobody looks on the way there.
        wall_clock.move_ahead(starts.replace(tzinfo=BERLIN) + timedelta(hours=9) - wall_clock.now())

        async def over():
            return here.card("The event “Exam” has ended")

        assert "nothing was put back" in await until(over)
        assert here.card("was over at")
        assert await here.pool() == "autoscaler 1–5"


async def test_a_bot_that_was_down_at_the_start_makes_room_as_soon_as_it_is_back():
    async with place() as here:
        starts = day_after_tomorrow(9)
        await here.type(f'/jhub event add "Exam" {starts:%Y-%m-%dT%H:%M} --people 140')
        wall_clock.move_ahead(starts.replace(tzinfo=BERLIN) + timedelta(minutes=20) - wall_clock.now())

        async def room():
            return here.card("There is room for “Exam”")

        await until(room)
        assert await here.pool() == "autoscaler 9–9"


@contextlib.asynccontextmanager
async def bots(folder):
    """One world and one folder of records, for one bot after another."""
    async with begun(WORLD) as built, try_command._peopled(await built(), lambda *_: None) as (world, teams):

        @contextlib.asynccontextmanager
        async def another():
            outcomes = try_command._Outcomes()
            content = with_values(
                world.settings(folder) | {"teams": {"port": 0}, "limits": {"per_minute": 0}}, SETTINGS
            )
            async with running(
                settings_from(content),
                ended=outcomes,
                wrap=lambda inner, hubs: inject_faults(inner, hubs, world, outcomes),
            ) as bot:
                teams.bot_url = bot.url
                yield Place(Trial(world, bot, teams, outcomes))

        yield another


async def test_a_bot_that_ends_while_nodes_come_goes_on_where_it_was_and_puts_all_back(tmp_path: Path, monkeypatch):
    hold, asked = asyncio.Event(), asyncio.Event()
    real = opening._ready

    async def held(pool, do):
        asked.set()
        await hold.wait()
        return await real(pool, do)

    async with bots(tmp_path) as another:
        starts = day_after_tomorrow(9)
        monkeypatch.setattr(opening, "_ready", held)
        async with another() as here:
            await here.type(f'/jhub event add "Exam" {starts:%Y-%m-%dT%H:%M} --people 140')
            wall_clock.move_ahead(starts.replace(tzinfo=BERLIN) - timedelta(minutes=40) - wall_clock.now())
            await asyncio.wait_for(asked.wait(), 240)
        # It ended between the raising of the pool and its nodes.
        monkeypatch.setattr(opening, "_ready", real)
        async with another() as here:

            async def room():
                return here.card("There is room for “Exam”")

            await until(room)
            assert await here.pool() == "autoscaler 9–9"
            (hub,) = here.world.bot.hubs.values()
            started = [one for one in await hub.changes.ended(9) if one.command == "event start"]
            assert [one.state for one in started] == [State.ENDED]
            await here.wait(starts, timedelta(hours=5))
            assert await here.pool() == "autoscaler 1–5"
            assert "No events" in await here.ask("/jhub event list")
