"""A bot of this release on what an earlier one left, in a sandbox that is as that one left its own."""

import asyncio
import contextlib
import itertools
import json
import sqlite3
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import aiohttp
from dbos._event_loop import BackgroundEventLoop

from bot.changes.model import ChangeRequest
from bot.cli.dev.sandbox_process import SandboxWorld, sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from bot.config.loading import settings_from
from bot.store.timestamps import written
from bot.wiring.application import Bot, running
from clients.errors import NotFound
from clients.kube import KubeReader, KubeWriter, connect
from commands.storage.snapshots import labels_for, name_for
from tests.releases.held_bot import PACE
from tests.releases.make_fixture import DUE, IN_THE_MIDDLE, MISSED, TEAMS, broken

KEPT = Path(__file__).parents[1] / "fixtures" / "releases"
RELEASES = sorted(path.name for path in KEPT.iterdir() if path.is_dir())

# What hangs: nothing here takes a tenth of it.
_WITHIN = 120.0


@dataclass(frozen=True)
class Left:
    """A change as that release left it."""

    id: str
    line: str
    card: str
    state: str
    plan: dict


@dataclass
class Carried:
    """The bot of this release, and what it was given.

    `chat` is what stood in the channel before it was started, `left` the changes by what was typed, `steps` what was
    recorded of their work.
    """

    world: SandboxWorld
    teams: LocalTeams
    bot: Bot
    state: Path
    chat: dict
    left: dict[str, Left]
    steps: list[tuple]
    began: datetime

    async def change(self, line: str) -> ChangeRequest:
        """How the change that was asked for with `line` stands."""
        found = await self.bot.changes.get(self.left[line].id)
        assert found is not None
        return found

    async def ended(self, line: str) -> ChangeRequest:
        """The change once there is nothing left to do for it, its card included."""
        await self.until(lambda: self._has_ended(self.left[line].id))
        return await self.change(line)

    async def _has_ended(self, change: str) -> bool:
        return change not in {its for (its,) in await self.rows("work.sqlite", UNFINISHED)}

    async def until(self, look: Callable[[], Awaitable[object]]) -> object:
        """What `look` finds once it finds anything. Raises TimeoutError."""
        async with asyncio.timeout(_WITHIN):
            while True:
                if found := await look():
                    return found
                await asyncio.sleep(0.05)

    def text(self, card: str) -> str:
        """A message as it stands in the channel."""
        return json.dumps(self.teams.activities[card], ensure_ascii=False)

    def posted(self, words: str) -> list[str]:
        """The messages that this release has posted and that have these words in them."""
        return [card for card in self.teams.activities if card not in self.chat and words in self.text(card)]

    async def rows(self, file: str, query: str) -> list[tuple]:
        """What is on record."""
        return await asyncio.to_thread(rows, self.state / file, query)

    async def press(self, who: str, card: str, action: dict) -> dict:
        """What that person is answered to a click on a button."""
        person = self.world.person(who)
        assert person is not None
        return await self.teams.click(person, card, action)

    async def healed(self) -> None:
        """Mend what is broken in the sandbox."""
        async with aiohttp.ClientSession() as session, session.delete(self.world.faults) as response:
            response.raise_for_status()


def rows(file: Path, query: str) -> list[tuple]:
    """What a database has."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


@contextlib.asynccontextmanager
async def carried(release: str, state: Path):
    """Start this release on what that one left; its records are in the folder `state`."""
    async with sandbox() as world, LocalTeams(world.tenant, people=world.people).running() as teams:
        chat = restore(KEPT / release, state, teams)
        content = world.settings(state) | {"teams": {"port": 0}, "limits": {"per_minute": 0}}
        left, steps = _changes(state), rows(state / "work.sqlite", STEPS)
        await _as_it_was(world, left[IN_THE_MIDDLE])
        move(state / "bot.sqlite", DUE, timedelta(minutes=30))
        move(state / "bot.sqlite", MISSED, timedelta(hours=2))
        began = datetime.now(UTC)
        with _one_loop():
            async with running(settings_from(content), pace=PACE) as bot:
                teams.bot_url = bot.url
                yield Carried(world, teams, bot, state, chat, left, steps, began)


def _one_loop():
    """Between two tests their loop stands still, and DBOS would begin work that is due on a loop of its own."""
    return patch.object(BackgroundEventLoop, "target_loop", lambda self: self._main_loop)


UNFINISHED = "select workflow_uuid from workflow_status where status in ('PENDING', 'ENQUEUED', 'DELAYED')"
STEPS = "select workflow_uuid, function_id, function_name, output, completed_at_epoch_ms from operation_outputs"


def restore(kept: Path, state: Path, teams: LocalTeams) -> dict:
    """Put the store back, and what stood in the channel, which is returned."""
    for name in ("bot", "work"):
        text = (kept / f"{name}.sql").read_text("utf-8").replace(TEAMS, teams.url)
        with contextlib.closing(sqlite3.connect(state / f"{name}.sqlite")) as connection:
            connection.executescript(text)
    chat = json.loads((kept / "chat.json").read_text("utf-8").replace(TEAMS, teams.url))
    teams.activities.update(chat)
    # What is said from now on is not what was said then.
    teams._ids = itertools.count(10_000)
    return chat


def _changes(state: Path) -> dict[str, Left]:
    found = rows(state / "bot.sqlite", "select id, line, card, state, plan from changes order by asked")
    return {line: Left(its, line, card, stands, json.loads(plan or "{}")) for its, line, card, stands, plan in found}


async def _as_it_was(world: SandboxWorld, half_done: Left) -> None:
    """Have the sandbox as the steps that are recorded of the deletion have left theirs, and what was broken broken."""
    await broken(world)
    claim, kind = half_done.plan["claim"]["name"], half_done.plan["snapshot_class"]
    api = await connect(Path(str(world.ready["kubeconfig"])))
    try:
        its = (api, str(world.ready["namespace"]))
        kube, writer = KubeReader(*its), KubeWriter(*its)
        name, labels = name_for(half_done.id), labels_for(half_done.id)
        await writer.create_snapshot(name=name, claim=claim, snapshot_class=kind, labels=labels, annotations={})
        await _until_so(lambda: _is_ready(kube, name))
        await writer.delete_claim(claim, (await kube.claim(claim)).uid)
        await _until_so(lambda: _is_gone(kube, claim))
        await _until_so(lambda: _serves_another_certificate(world))
    finally:
        await api.close()


async def _until_so(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_WITHIN):
        while not await look():
            await asyncio.sleep(0.05)


async def _serves_another_certificate(world: SandboxWorld) -> bool:
    trusting = await asyncio.to_thread(ssl.create_default_context, cafile=str(world.ready["ca_file"]))
    address, port = str(world.ready["public_address"]), int(str(world.ready["public_port"]))
    try:
        _, writer = await asyncio.open_connection(
            address, port, ssl=trusting, server_hostname=str(world.ready["public_host"])
        )
    except ssl.SSLCertVerificationError:
        return True
    except OSError:
        return False
    writer.close()
    return False


async def _is_ready(kube: KubeReader, snapshot: str) -> bool:
    return (await kube.snapshot(snapshot)).ready


async def _is_gone(kube: KubeReader, claim: str) -> bool:
    try:
        await kube.claim(claim)
    except NotFound:
        return True
    return False


def move(file: Path, line: str, ago: timedelta) -> None:
    """Have the time of the schedule that runs `line` have come so long ago, while no bot was running."""
    due = (datetime.now(UTC) - ago).replace(second=0, microsecond=0)
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        ((its,),) = connection.execute("select id from schedules where line = ?", (line,)).fetchall()
        values = (f"{due.minute} {due.hour} * * *", written(due), its)
        connection.execute("update schedules set cron = ?, seen_to = ? where id = ?", values)
        values = (written(due), written(due), f"announced {written(due)}", its)
        connection.execute("update occurrences set due = ?, at = ?, shown = ? where schedule = ?", values)
