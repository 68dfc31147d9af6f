"""Thousands of workflows on two replicas while their PostgreSQL is killed: none is lost, none is done twice.

CHAOS_WORKFLOWS, CHAOS_MESSAGES and CHAOS_CRASHES say how many (5,000, 10,000 and 20 by `make chaos`). A message is what
a person sends: a command, a press of a button, a question. What was seen is in build/chaos.json.
"""

import asyncio
import collections
import contextlib
import itertools
import json
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from clients.kube import KubeReader, connect
from tests import postgres
from tests.fault.bot_process import BotProcess, is_final
from tests.fault.test_kill import _people
from tests.fault.test_kill_replicas import Pair, _twice

WORKFLOWS = int(os.environ.get("CHAOS_WORKFLOWS", "60"))
MESSAGES = int(os.environ.get("CHAOS_MESSAGES", "150"))
CRASHES = int(os.environ.get("CHAOS_CRASHES", "3"))
SEED = 20261130
FIGURES = Path(__file__).parents[2] / "build" / "chaos.json"
# People who ask for something at the same time.
_AT_ONCE = 8
_ENDS_WITHIN = 300.0
_PATIENCE = 5.0
_ENDINGS = {"done", "rejected", "dismissed"}

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900 + WORKFLOWS * 4)]


@dataclass
class Seen:
    """What was sent, and what became of it."""

    messages: int = 0
    again: int = 0
    asked: list[str] = field(default_factory=list)
    endings: collections.Counter = field(default_factory=collections.Counter)
    problems: list[str] = field(default_factory=list)


@dataclass
class Records:
    """The bot's own tables, read beside it; a database that is away is waited for."""

    url: str
    _connection: psycopg.Connection | None = None

    async def rows(self, query, *arguments):
        async with asyncio.timeout(_ENDS_WITHIN):
            while True:
                try:
                    return await asyncio.to_thread(self._read, query, arguments)
                except psycopg.Error:
                    self.close()
                    await asyncio.sleep(0.2)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self, query, arguments):
        if self._connection is None:
            self._connection = psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)
        return self._connection.execute(query, arguments).fetchall()


class Crowd:
    """Several people at work with one pair of replicas."""

    def __init__(self, pair, url, seen):
        self.pair, self.url, self.seen = pair, url, seen

    async def live(self, stories):
        """Ask for one thing after another, and see each to its end."""
        with contextlib.closing(Records(self.url)) as records:
            await self._live(stories, records)

    async def _live(self, stories, records):
        for line, who, verb in stories:
            while not await self._lived(records, line, who, verb):
                # Told that it could not be kept, a person types it again.
                self.seen.again += 1

    async def _lived(self, records, line, who, verb):
        """Ask for it, and see it to its end; False where it was refused because nothing could be put on record."""
        message = self.pair.teams.message(self.pair.bots[0].world.person("operator"), f"/jhub {line}")
        await self._sent(message)
        try:
            kept = await self._to_its_end(records, message["id"], who, verb)
        except TimeoutError:
            kept = True
            left = await records.rows("select id, state, step, card from changes where message = %s", message["id"])
            self.seen.problems.append(f"{line} ({who}: {verb}) has not ended: {left}")
        if kept:
            self.seen.asked.append(message["id"])
        return kept

    def _is_refused(self, message):
        """Whether the bot has said that it could not keep it."""
        answers = [one for one in self.pair.teams.activities.values() if one.get("replyToId") == message]
        return any("cannot be read or written" in json.dumps(one) for one in answers)

    async def ask(self, names):
        """Ask for help in one chat after another; each is answered once."""
        teams, person = self.pair.teams, self.pair.bots[0].world.person("viewer")
        for name in names:
            message = teams.message(person, "/jhub help")
            message["conversation"] = {"id": name, "conversationType": "personal", "tenantId": teams.tenant}
            await self._sent(message)

    async def _sent(self, activity):
        self.seen.messages += 1
        await self.pair.send(activity)

    async def _to_its_end(self, records, message, who, verb):
        pressed = {}
        query = "select id, state, outcome, card, digest, final from changes where message = %s and outcome <> 'voided'"
        async with asyncio.timeout(_ENDS_WITHIN):
            while True:
                rows = await records.rows(query, message)
                if not rows and self._is_refused(message):
                    return False
                for name, state, outcome, card, digest, final in rows:
                    if state == "ended":
                        self.seen.endings[outcome] += 1
                        if outcome not in _ENDINGS:
                            self.seen.problems.append(f"{message} ended {outcome}: {final[:600]}")
                        return True
                    # Who is told that it could not be read presses again.
                    if state == "waiting" and card and time.monotonic() - pressed.get(name, 0.0) > _PATIENCE:
                        pressed[name] = time.monotonic()
                        self.seen.messages += 1
                        action = {"type": "Action.Execute", "verb": verb, "data": {"id": name, "digest": digest}}
                        await self.pair.press(who, card, action)
                await asyncio.sleep(0.1)


def stories(idle, rng):
    """What is asked for, and what is said to it: a quarter deletes a home, each its own."""
    fresh, others = iter(idle[50:]), itertools.cycle(idle[:50])
    while True:
        match rng.randrange(4):
            case 0 | 1:
                yield f"storage delete {next(others)}", "approver", "reject"
            case 2:
                yield f"storage delete {next(others)}", "operator", "reject"
            case _:
                yield f"storage delete {next(fresh, idle[0])}", "approver", "approve"


async def crashes(server, rng, seen, done):
    """Kill the database at random moments until all is over; how often it was."""
    for number in range(CRASHES):
        # Spread over the whole of it: by how much has been asked for, not by the clock.
        while len(seen.asked) < WORKFLOWS * (number + rng.random()) / CRASHES and not done.is_set():
            await asyncio.sleep(0.05)
        await asyncio.sleep(rng.uniform(0.0, 1.0))
        server.crash()
        await asyncio.sleep(rng.choice((0.0, 0.5, 3.0)))
        await asyncio.to_thread(server.start)
    return CRASHES


async def test_whatever_becomes_of_the_database_each_workflow_ends_once(tmp_path):
    rng, seen = random.Random(SEED), Seen()  # noqa: S311 - moments, not secrets
    users = str(400 + WORKFLOWS // 2)
    with postgres.server() as server, server.database("chaos") as url:
        async with _pair(tmp_path, url, rng, users) as (world, pair):
            # Of a file share there are no snapshots.
            idle = [upn for upn in (await _people(world))[0] if not upn.startswith("file.share")]
            crowd, work = Crowd(pair, url, seen), itertools.islice(stories(idle, rng), WORKFLOWS)
            chats = iter([f"a:chaos-{number}" for number in range(max(0, MESSAGES - 2 * WORKFLOWS))])
            over = asyncio.Event()
            killing = asyncio.create_task(crashes(server, rng, seen, over))
            async with asyncio.TaskGroup() as people:
                for _ in range(_AT_ONCE):
                    people.create_task(crowd.live(work))
                people.create_task(crowd.ask(chats))
            over.set()
            killed = await killing
            await _check_records(url, seen)
            await _check_cards(pair, seen)
            await _check_answers(pair, seen, max(0, MESSAGES - 2 * WORKFLOWS))
            await _check_cluster(world, seen)
        seen.problems += _twice(url)
        _write(seen, killed)
    assert seen.problems == []
    assert seen.endings["done"] >= WORKFLOWS // 10
    logs = "".join((tmp_path / f"bot-{number}.log").read_text("utf-8") for number in (0, 1))
    assert "Traceback" not in logs, logs[-3000:]


@contextlib.asynccontextmanager
async def _pair(folder, url, rng, users):
    url_file = folder / "store-url"
    url_file.write_text(url, encoding="utf-8")
    settings = {"store": {"url_file": str(url_file), "silence": "4s"}, "approvals": {"expiry": "10m"}}
    async with sandbox(("--users", users, "--speed", "20")) as world, LocalTeams(world.tenant).running() as teams:
        bots = [BotProcess(world, teams, folder, settings, replica=f"bot-{number}") for number in (0, 1)]
        await asyncio.gather(*(bot.start() for bot in bots))
        try:
            yield world, Pair(bots, rng)
        finally:
            await asyncio.gather(*(bot.end() for bot in bots))


async def _check_records(url, seen):
    """What was asked for is there once, and over; so are the workflows behind it."""
    with contextlib.closing(Records(url)) as records:
        await _check_changes(records, seen)
        await _check_workflows(records, seen)


async def _check_changes(records, seen):
    rows = await records.rows("select message, state from changes where outcome <> 'voided'")
    times = collections.Counter(message for message, _ in rows)
    seen.problems += [f"{name}: {times[name]} changes" for name in seen.asked if times[name] != 1]
    seen.problems += [f"{message} is {state}" for message, state in rows if state != "ended"]


async def _check_workflows(records, seen):
    query = "select workflow_uuid, status from dbos.workflow_status where name = 'change' and status <> 'SUCCESS'"
    left = await _in_time(lambda: records.rows(query), lambda found: not found)
    seen.problems += [f"workflow {name} is {status}" for name, status in left]


async def _in_time(ask, good):
    """The answer once it is good, or as it is after a minute."""
    until = time.monotonic() + 60
    while not good(found := await ask()) and time.monotonic() < until:
        await asyncio.sleep(0.2)
    return found


async def _check_cards(pair, seen):
    """Every card that shows a change is final, at the latest once somebody looks at it."""
    for card, activity in list(pair.teams.activities.items()):
        if not is_final(activity):
            found = next((one for one in _data(activity) if "digest" in one), None)
            if found is None:
                continue
            look = {"type": "Action.Execute", "verb": "view", "data": found}
            answer = await pair.press("viewer", card, look)
            if not is_final({"attachments": [{"content": answer["value"]}]}):
                seen.problems.append(f"{card} is not final: {json.dumps(activity)[:400]}")


def _data(part):
    """Every `data` of an action, however deep it is."""
    if isinstance(part, dict):
        if isinstance(part.get("data"), dict):
            yield part["data"]
        for value in part.values():
            yield from _data(value)
    elif isinstance(part, list):
        for value in part:
            yield from _data(value)


async def _check_answers(pair, seen, chats):
    """Each question was answered, once."""

    async def counted():
        said = collections.Counter(one["conversation"]["id"] for one in pair.teams.activities.values())
        return [said[f"a:chaos-{number}"] for number in range(chats)]

    counts = await _in_time(counted, all)
    seen.problems += [f"a:chaos-{number}: {count} answers" for number, count in enumerate(counts) if count != 1]


async def _check_cluster(world, seen):
    """One snapshot for each deletion, and nobody has a home that is half gone."""
    api = await connect(Path(str(world.ready["kubeconfig"])))
    try:
        kube = KubeReader(api, str(world.ready["namespace"]))
        operations = [one.labels.get("jhub-bot/operation") for one in await kube.snapshots()]
        claims = await kube.claims()
    finally:
        await api.close()
    if len(operations) != len(set(operations)):
        seen.problems.append("an operation took two snapshots")
    if len(operations) < seen.endings["done"]:
        seen.problems.append(f"{seen.endings['done']} homes were deleted, and {len(operations)} were kept")
    if any(claim.terminating for claim in claims):
        seen.problems.append("a home is still being deleted")


def _write(seen, killed):
    endings = ", ".join(f"{count} {ending}" for ending, count in sorted(seen.endings.items()))
    told = {
        "workflows": len(seen.asked),
        "messages": seen.messages,
        "typed again": seen.again,
        "database killed": killed,
        "endings": endings,
    }
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(told | {"problems": seen.problems}, indent=2), encoding="utf-8")
