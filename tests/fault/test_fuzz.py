"""Activities grown from what Teams really sends, by the thousand, to a running bot: no error of ours, no growth.

CHAOS_ACTIVITIES says how many (100,000 by `make chaos`). What was seen is in build/fuzz.json.
"""

import asyncio
import collections
import itertools
import json
import os
import statistics
from pathlib import Path

import aiohttp
import pytest

from bot.cli.dev.card_actions import actions
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from tests.bot.hostile import grown
from tests.fault.bot_process import BotProcess

MANY = int(os.environ.get("CHAOS_ACTIVITIES", "2000"))
SEED = 20261130
FIGURES = Path(__file__).parents[2] / "build" / "fuzz.json"
# As tests/bot/teams/test_fuzz.py has them.
STATUSES = {200, 202, 400, 403, 413, 501}
_AT_ONCE = 20
# How often the process is weighed. What it remembers for ten minutes has bounds, which a flood reaches: the second half
# must add far less than the first, and in megabytes there is an end.
_WEIGHED = 40
_NOISE = 4.0
_MOST = 250.0

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600 + MANY // 10)]


async def shapes(bot):
    """What Teams sends, as the bot's own answers have it: messages in three kinds of place, presses, installations."""
    teams, person = bot.teams, bot.world.person("operator")
    await bot.say("operator", "/jhub status")
    await bot.say("operator", "/jhub storage delete emmy.noether@example.org")
    async with asyncio.timeout(60):
        while not (pressed := list(_pressed(teams, person))):
            await asyncio.sleep(0.1)
    said = [teams.message(person, f"/jhub {line}") for line in ("help", "whoami", "status", "alerts", "no such")]
    alone = {"id": f"a:{person.id}", "conversationType": "personal", "tenantId": teams.tenant}
    group = {"id": "19:group@thread.v2", "conversationType": "groupChat", "isGroup": True, "tenantId": teams.tenant}
    elsewhere = [said[0] | {"conversation": place} for place in (alone, group)]
    bare = {name: said[0][name] for name in ("channelId", "serviceUrl", "from", "recipient", "conversation")}
    events = [
        bare | {"type": "installationUpdate", "action": "add"},
        bare | {"type": "conversationUpdate", "membersAdded": [said[0]["recipient"]]},
        bare | {"type": "conversationUpdate", "channelData": {"eventType": "channelRenamed", **said[0]["channelData"]}},
        bare | {"type": "messageReaction", "reactionsAdded": [{"type": "like"}], "replyToId": "out-1"},
        bare | {"type": "messageUpdate", "text": "/jhub status"},
        bare | {"type": "invoke", "name": "composeExtension/query", "value": {"commandId": "x", "parameters": []}},
    ]
    return [*said, teams.targeted(person, "/jhub whoami"), *elsewhere, *events, *pressed]


def _pressed(teams, person):
    """Each button that there is, as the activity of its press."""
    for card, activity in teams.activities.items():
        for action in actions(activity):
            yield teams.pressing(person, card, action)


async def test_whatever_is_sent_is_answered_and_nothing_is_left_of_it(tmp_path):
    async with sandbox() as world, LocalTeams(world.tenant).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {})
        teams.bot_url = bot.url
        await bot.start()
        try:
            sent = grown(await shapes(bot), SEED, MANY)
            statuses, weights = await _pelted(bot, sent)
            assert await bot.answers()
        finally:
            await bot.end()
    first, second = _growth(weights)
    _write(statuses, weights, first, second)
    assert set(statuses) <= STATUSES, statuses
    assert second < first / 2 + _NOISE, weights
    assert weights[-1] < _MOST, weights
    log = (tmp_path / "bot-0.log").read_text("utf-8")
    assert "Traceback" not in log, log[-3000:]


async def _pelted(bot, sent):
    """How often each status was answered, and the process' memory along the way in megabytes."""
    statuses, weights, lock = collections.Counter(), [], itertools.count(1)

    async def send():
        for content in sent:
            status, said = await _posted(session, bot, content)
            assert "Traceback" not in said
            assert '"statusCode":500' not in said
            assert status < 500 or status == 501, f"{status} to {json.dumps(content)}"
            statuses[status] += 1
            if next(lock) % max(1, MANY // _WEIGHED) == 0:
                weights.append(bot.megabytes())
                bot.teams.activities.clear()

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as senders:
        for _ in range(_AT_ONCE):
            senders.create_task(send())
    return statuses, weights


async def _posted(session, bot, content):
    async with session.post(f"{bot.url}/api/messages", data=json.dumps(content)) as response:
        return response.status, await response.text()


def _growth(weights):
    """What each half has added, between medians of tenths."""
    tenth = max(1, len(weights) // 10)
    middle = len(weights) // 2
    begin, half, end = weights[:tenth], weights[middle : middle + tenth], weights[-tenth:]
    return statistics.median(half) - statistics.median(begin), statistics.median(end) - statistics.median(half)


def _write(statuses, weights, first, second):
    told = {"activities": statuses.total(), "answers": {str(status): n for status, n in sorted(statuses.items())}}
    told |= {"memory in MB": [round(weight) for weight in weights[:: max(1, len(weights) // 8)]]}
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(
        json.dumps(told | {"first half added": round(first, 1), "second": round(second, 1)}, indent=2), encoding="utf-8"
    )
