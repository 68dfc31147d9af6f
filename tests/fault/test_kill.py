"""`kill -9` at random moments of every operation: each ends, none twice, none lost, every card final.

FAULT_KILLS says how often (200 by `make fault`); the seed is fixed, the moments follow from it.
"""

import asyncio
import itertools
import json
import os
import random
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.changes.model import State
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from clients.kube import KubeReader, connect
from tests.fault.bot_process import BotProcess, is_final

KILLS = int(os.environ.get("FAULT_KILLS", "12"))
SEED = 20261123
EXPIRY = 8.0
FIGURES = Path(__file__).parents[2] / "build" / "fault.json"
ENDINGS = {"done", "rejected", "expired", "cancelled", "invalid"}
# A process that starts takes about this long, in seconds, and may be killed again while it does.
_ENDS_WITHIN = 90.0

pytestmark = [pytest.mark.fault, pytest.mark.timeout(1800 + KILLS * 20)]


@dataclass
class Story:
    """One operation: what is typed, and how people answer."""

    line: str
    answer: str
    allowed: frozenset[str]


def deletion(upn, answer, outcome):
    return Story(f"storage delete {upn} --stop-server", answer, frozenset({outcome, "expired"}))


def stories(idle, active, rng, told):
    """What is asked for, one user after another. A home that was deleted is brought back."""
    for upn, worker in zip(idle, itertools.cycle(active), strict=False):
        match rng.randrange(7):
            case 0:
                yield deletion(upn, "reject", "rejected")
            case 1:
                yield deletion(upn, "nobody", "expired")
            case 2:
                yield Story(f"server stop {worker}", "confirm", frozenset({"done", "expired", "invalid"}))
            case 3:
                yield Story(f"storage delete {upn}", "cancel", frozenset({"cancelled", "done", "expired"}))
            case _:
                yield deletion(rng.choice((upn, worker)), "approve", "done")
                if told.endings[-1] == "done":
                    yield Story(f"storage restore {told.upn}", "confirm", frozenset({"done", "expired"}))


@dataclass
class Killer:
    """Kills the bot some random time after it is told to, and starts it again."""

    bot: BotProcess
    rng: random.Random
    left: int
    task: asyncio.Task | None = None

    def aim(self):
        if self.left > 0 and (self.task is None or self.task.done()):
            self.left -= 1
            self.task = asyncio.create_task(self._shoot(self.rng.uniform(0.0, 3.0)))

    async def _shoot(self, after):
        await asyncio.sleep(after)
        await self.bot.kill()
        await self.bot.start()

    async def settled(self):
        if self.task is not None:
            await self.task


@dataclass
class Told:
    """What became of the stories."""

    upn: str = ""
    endings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


async def _live(bot, killer, story, told):
    before = set(await _ids(bot))
    killer.aim()
    await bot.say("operator", f"/jhub {story.line}")
    ended = await _lived_through(bot, story, before, killer)
    await killer.settled()
    told.endings.append(ended.outcome)
    told.upn = story.line.split()[2]
    if ended.outcome not in story.allowed:
        told.problems.append(f"{story.line} ({story.answer}) ended {ended.outcome}: {ended.final[:600]}")
    await _check_cards(bot, ended, told)


async def _ids(bot):
    async with bot.records() as changes:
        return [change.id for change in [*await changes.open(), *await changes.ended(10_000)]]


async def _lived_through(bot, story, before, killer):
    """Answer as often as it is asked, for what changed meanwhile is asked again; how it ended."""
    answered = set()
    async with asyncio.timeout(_ENDS_WITHIN):
        while True:
            async with bot.records() as changes:
                known = [*await changes.open(), *await changes.ended(50)]
            new = [change for change in known if change.id not in before and change.outcome != "voided"]
            # Where the story is over before somebody cancels it, the cancelling is a change that ends by itself.
            mine = [change for change in new if story.line.split()[0] in change.line]
            for change in mine:
                if change.state is State.WAITING and change.card and change.id not in answered:
                    answered.add(change.id)
                    killer.aim()
                    await _answer(bot, story, change)
            if mine and mine[0].state is State.ENDED:
                return mine[0]
            await asyncio.sleep(0.1)


async def _answer(bot, story, change):
    data = {"id": change.id, "digest": change.digest}
    pressed = {"type": "Action.Execute", "data": data}
    match story.answer:
        case "confirm":
            await bot.press("operator", change.card, pressed | {"verb": "confirm"})
        case "approve" | "reject":
            await bot.press("approver", change.card, pressed | {"verb": "view"})
            await bot.press("approver", change.card, pressed | {"verb": story.answer})
        case "cancel":
            await bot.press("approver", change.card, pressed | {"verb": "approve"})
            await bot.say("operator", f"/jhub cancel {change.id}")


async def _check_cards(bot, ended, told):
    """The card on record is final in the channel; any other copy is once somebody looks at it."""
    async with asyncio.timeout(30):
        while not is_final(bot.teams.activities[ended.card]):
            await asyncio.sleep(0.1)
    for card in bot.cards_of(ended.id):
        if not is_final(await _touched(bot, ended, card)):
            told.problems.append(f"{ended.line}: {card} is not final: {json.dumps(bot.teams.activities[card])[:400]}")


async def _touched(bot, ended, card):
    activity = bot.teams.activities[card]
    if is_final(activity):
        return activity
    look = {"type": "Action.Execute", "verb": "view", "data": {"id": ended.id, "digest": ended.digest}}
    answer = await bot.press("viewer", card, look)
    return {"attachments": [{"content": answer["value"]}]}


async def _check_trail(bot, told):
    """Every change was begun at most once, ended once, and no command was lost."""
    database_file = bot.folder
    async with bot.records() as changes:
        assert await changes.open() == []
    with sqlite3.connect(database_file / "bot.sqlite") as connection:
        rows = connection.execute("select operation, event, count(*) from trail group by operation, event").fetchall()
    for operation, event, count in rows:
        if operation and event in ("intent", "ended") and count != 1:
            told.problems.append(f"{operation}: {count} times {event}")


async def _check_cluster(world, told):
    """One snapshot for each deletion, and every user has exactly one home for each server."""
    api = await connect(Path(str(world.ready["kubeconfig"])))
    try:
        kube = KubeReader(api, str(world.ready["namespace"]))
        operations = [one.labels.get("jhub-bot/operation") for one in await kube.snapshots()]
        if len(operations) != len(set(operations)):
            told.problems.append("an operation took two snapshots")
        homes = [(claim.user, claim.name) for claim in await kube.claims("component=singleuser-storage")]
        if len(homes) != len(set(homes)) or any(claim.terminating for claim in await kube.claims()):
            told.problems.append("a home is there twice or is still being deleted")
    finally:
        await api.close()


async def test_killed_at_random_moments_every_operation_ends_once(tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - moments, not secrets
    async with sandbox(("--users", "600", "--speed", "4")) as world, LocalTeams(world.tenant).running() as teams:
        settings = {"approvals": {"expiry": f"{EXPIRY:.0f}s"}}
        bot = BotProcess(world, teams, tmp_path, settings)
        teams.bot_url = bot.url
        await bot.start()
        killer, told = Killer(bot, rng, KILLS), Told()
        try:
            idle, active = await _people(world)
            for story in stories(idle, active, rng, told):
                await _live(bot, killer, story, told)
                if killer.left == 0:
                    break
            await _check_trail(bot, told)
            await _check_cluster(world, told)
        finally:
            await bot.end()
        _write(bot, told)
        assert bot.kills == KILLS
        assert told.problems == []
        assert set(told.endings) <= ENDINGS
        # Kills make some expire; a bot that let all expire would have done nothing.
        assert told.endings.count("done") >= len(told.endings) // 4
        log = (tmp_path / "bot-0.log").read_text("utf-8")
        assert "Traceback" not in log, log[-3000:]


def _write(bot, told):
    """What was seen, for whoever wants the figures."""
    seen = {"kills": bot.kills, "operations": len(told.endings), "endings": _counted(told.endings)}
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(seen | {"problems": told.problems}, indent=2), encoding="utf-8")


def _counted(endings):
    return ", ".join(f"{endings.count(one)} {one}" for one in sorted(set(endings)))


async def _people(world):
    """Users with exactly one home, those without a server and those with one."""
    api = await connect(Path(str(world.ready["kubeconfig"])))
    try:
        kube = KubeReader(api, str(world.ready["namespace"]))
        claims = await kube.claims("component=singleuser-storage")
        working = {pod.user for pod in await kube.pods("component=singleuser-server")}
    finally:
        await api.close()
    owners = [claim.user for claim in claims if claim.user]
    single = [owner for owner in dict.fromkeys(owners) if owners.count(owner) == 1]
    return [one for one in single if one not in working], [one for one in single if one in working]
