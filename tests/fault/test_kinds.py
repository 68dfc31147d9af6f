"""`kill -9` of the bot, and of the helm that works for it, at random moments of every kind of change there is.

CHAOS_KILLS says how often (200 by `make chaos`). What was seen is in build/kinds.json.
"""

import asyncio
import collections
import contextlib
import itertools
import json
import os
import random
import signal
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.changes.model import State
from bot.cli.dev.card_actions import actions, refresh
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from commands.framework.command import Change
from commands.framework.registry import catalogue
from tests.fault.bot_process import BotProcess
from tests.fault.test_kill import _people, _touched

KILLS = int(os.environ.get("CHAOS_KILLS", "8"))
SEED = 20261130
FIGURES = Path(__file__).parents[2] / "build" / "kinds.json"
_ENDS_WITHIN = 240.0

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900 + KILLS * 60)]

# What is typed, one after the other and again from the top; {n} is another number each time.
ROUND = (
    *("deploy {tag}", "config set singleuser.memory.limit {n}M", "scale 2", "scale up", "rollback", "image build"),
    *("autoscale users 1 4", "autoscale users 1 5", "pool create extra --max 2", "pool delete extra", "repair"),
    *("storage delete {idle}", "storage restore {idle}", "storage grow {idle} 20Gi", "server stop {active}"),
    *("servers refresh", "prepull {tag}"),
    *("auth rotate", "cert retry", "cert reset", "image lock {tag}", "notebooks update", "pool require", "pool prefer"),
    *("alerts here on", "alerts test", "alerts here off", 'schedule add "{n} 19 * * 1-5" scale 0'),
    *("scale 0", "scale up", "cluster stop", "cluster start", "restart user-scheduler", 'announce "Back at {n}:00"'),
)
# What needs something first that is not there, or has fault tests of its own.
APART = {
    *("cancel", "alerts ack", "alerts snooze", "schedule remove", "config migrate", "dashboard disable"),
    *("hubs use", "logs --follow", "server refresh", "cluster upgrade"),
    *("event add", "event check", "event remove", "event start", "test", "user rename", "storage ask"),
    # All others would be refused.
    *("freeze", "unfreeze", "announce end"),
}
# A change that has gone wrong and says so is no loss: it is typed again.
ENDINGS = {"done", "invalid", "failed", "expired", "unavailable"}


def test_every_kind_of_change_is_among_them():
    changes = {command.name for command in catalogue() if isinstance(command, Change)}
    there = {
        next((one for one in sorted(changes, key=len, reverse=True) if line.startswith(one)), "") for line in ROUND
    }
    assert there == changes - APART


@dataclass
class Seen:
    """What became of them."""

    kills: int = 0
    helms: int = 0
    endings: dict[str, list[str]] = field(default_factory=lambda: collections.defaultdict(list))
    problems: list[str] = field(default_factory=list)


def lines(idle, active, tags):
    """What is typed, without end."""
    people, workers, tag = iter(idle), itertools.cycle(active), itertools.cycle(tags)
    for number in itertools.count(1):
        values = {"n": number % 50 + 1000, "tag": next(tag), "idle": next(people), "active": next(workers)}
        for line in ROUND:
            yield line.format(**values | ({"n": number % 60} if line.startswith("schedule") else {}))


async def test_whatever_is_killed_each_change_ends_once_and_says_how(tmp_path):
    rng, seen = random.Random(SEED), Seen()  # noqa: S311 - moments, not secrets
    async with sandbox(("--users", "200", "--speed", "8")) as world, LocalTeams(world.tenant).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {"approvals": {"expiry": "2m"}})
        teams.bot_url = bot.url
        await bot.start()
        try:
            for line in lines(*await _people(world), world.tags):
                said = await _live(bot, line, rng, seen)
                if seen.kills >= KILLS:
                    break
                # People do what they are told to.
                if "/jhub repair" in said:
                    await _live(bot, "repair --now", rng, seen)
            # Nothing is left that nobody could mend.
            await _ended(bot, "repair --now", rng, None)
            last = await _ended(bot, "config set singleuser.memory.limit 3G", rng, None)
        finally:
            await bot.end()
    seen.problems += _twice(tmp_path / "bot.sqlite")
    _write(seen)
    assert seen.problems == []
    assert last.outcome == "done", last.final
    assert sum(each.count("done") for each in seen.endings.values()) >= KILLS // 3
    log = (tmp_path / "bot-0.log").read_text("utf-8")
    assert "Traceback" not in log, log[-3000:]


async def _live(bot, line, rng, seen):
    """What its card says in the end, if it was not done."""
    try:
        ended = await _ended(bot, line, rng, seen)
    except TimeoutError:
        async with bot.records() as changes:
            left = [(one.line, one.state.value, one.step) for one in await changes.open()]
        seen.problems.append(f"{line} has not ended: {left}")
        return ""
    seen.endings[" ".join(line.split()[:2])].append(ended.outcome)
    if ended.outcome not in ENDINGS:
        seen.problems.append(f"{line} ended {ended.outcome}: {ended.final[:400]}")
    for card in bot.cards_of(ended.id):
        if _goes_on(await _touched(bot, ended, card)):
            seen.problems.append(f"{line}: {card} is not final")
    return ended.final if ended.outcome != "done" else ""


def _goes_on(activity):
    """Whether the card lets anybody decide or stop, or says that work goes on; it may offer what comes next."""
    asks = any("digest" in (action.get("data") or {}) or action.get("verb") == "stop" for action in actions(activity))
    return asks or refresh(activity) is not None or "Working on it" in json.dumps(activity)


async def _ended(bot, line, rng, seen):
    """Ask for it, agree to it, and have something killed meanwhile; the change once it has ended."""
    before = await _ids(bot)
    await bot.say("operator", f"/jhub {line}")
    killing = asyncio.create_task(_kill(bot, rng, seen)) if seen else None
    agreed = set()
    try:
        async with asyncio.timeout(_ENDS_WITHIN):
            while True:
                async with bot.records() as changes:
                    known = [*await changes.open(), *await changes.ended(20)]
                mine = [one for one in known if one.id not in before and one.outcome != "voided"]
                if mine and all(one.state is State.ENDED for one in mine):
                    return mine[0]
                for change in mine:
                    if change.state is State.WAITING and change.card and (change.id, change.digest) not in agreed:
                        agreed.add((change.id, change.digest))
                        await _agree(bot, change)
                await asyncio.sleep(0.1)
    finally:
        if killing is not None:
            await killing


async def _agree(bot, change):
    verb, who = ("approve", "approver") if change.needed else ("confirm", "operator")
    data = {"id": change.id, "digest": change.digest}
    await bot.press(who, change.card, {"type": "Action.Execute", "verb": verb, "data": data})


async def _kill(bot, rng, seen):
    """The bot, one of its helms, or both, after a while."""
    await asyncio.sleep(rng.uniform(0.0, 4.0))
    what = rng.choice(("bot", "bot", "helm", "both"))
    if what != "bot":
        seen.helms += _kill_helms(bot)
    if what != "helm":
        await bot.kill()
        await bot.start()
    seen.kills += 1


def _kill_helms(bot):
    """All processes below the bot; how many there were."""
    killed = 0
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int((entry / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
            if parent == bot.pid:
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
    return killed


async def _ids(bot):
    async with bot.records() as changes:
        return {change.id for change in [*await changes.open(), *await changes.ended(10_000)]}


def _twice(file):
    with sqlite3.connect(file) as connection:
        rows = connection.execute("select operation, event, count(*) from trail group by operation, event").fetchall()
    return [
        f"{operation}: {count} times {event}" for operation, event, count in rows if _wrong(operation, event, count)
    ]


def _wrong(operation, event, count):
    return bool(operation) and event in ("intent", "ended") and count != 1


def _write(seen):
    endings = {line: dict(collections.Counter(each)) for line, each in sorted(seen.endings.items())}
    told = {"kills": seen.kills, "helms killed": seen.helms, "changes": sum(map(len, seen.endings.values()))}
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(told | {"endings": endings, "problems": seen.problems}, indent=2), encoding="utf-8")
